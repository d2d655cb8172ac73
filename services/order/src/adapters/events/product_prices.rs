//! Consumes the events of the inventory that carry names and prices.

use crate::domain::ProductPrice;
use fdp_contracts::{Event, ProductSnapshot};

/// The `CloudEvents` type of the events that carry prices.
pub(super) const PRICE_EVENT: &str = ProductSnapshot::EVENT_TYPE;

/// The price that an event carries; `None` if it carries none.
pub(super) fn price(event: &Event) -> Option<ProductPrice> {
    let Event::Product(product) = event else {
        return None;
    };
    Some(ProductPrice {
        product_id: product.product_id.clone(),
        name: product.product_name.clone(),
        store_id: product.store_id.clone(),
        unit_price: product.unit_price,
        stock: product.stock,
        since: product.changed_at,
    })
}
