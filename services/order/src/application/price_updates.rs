//! The use case that events of the inventory trigger: new prices of products are stored.

use crate::application::ports::PriceRepository;
use crate::domain::ProductPrice;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

/// The prices of one batch of events.
#[derive(Debug, Default)]
pub struct PriceUpdates(BTreeMap<String, ProductPrice>);

impl PriceUpdates {
    /// Adds a price. Of several prices of one product, the newest counts and not the last one added.
    pub fn add(&mut self, price: ProductPrice) {
        match self.0.entry(price.product_id.clone()) {
            Entry::Occupied(known) if known.get().since > price.since => {}
            entry => {
                entry.insert_entry(price);
            }
        }
    }

    /// Stores the prices, if there are any.
    ///
    /// # Errors
    /// When the repository fails.
    pub async fn store<R: PriceRepository>(self, repository: R) -> Result<(), R::Error> {
        if self.0.is_empty() {
            return Ok(());
        }
        repository.save(self.0.into_values().collect()).await
    }
}
