//! What the tests of pages share.

use frontend::adapters::clients::{DeliveryClient, InventoryClient, RecipientClient, StoreClient};
use frontend::application::ports::ViewRepository;
use frontend::application::work::Workplace;
use std::sync::Arc;

/// What owners and riders need, with every service at `address`.
pub(crate) fn workplace(view: &Arc<dyn ViewRepository>, address: &str) -> Workplace {
    let stores = Arc::new(StoreClient::new(address).unwrap());
    Workplace {
        view: view.clone(),
        stores: stores.clone(),
        tickets: stores,
        deliveries: Arc::new(DeliveryClient::new(address).unwrap()),
        recipients: Arc::new(RecipientClient::new(address).unwrap()),
        inventory: Arc::new(InventoryClient::new(address).unwrap()),
    }
}
