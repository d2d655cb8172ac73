//! The prices of products.

use chrono::{DateTime, Utc};
use std::collections::BTreeMap;

/// The prices that apply to a request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PriceList {
    /// Unit prices in won, by product id.
    pub products: BTreeMap<String, u64>,
    /// The unit price in won of everything else, unless the request names one.
    pub default: u64,
}

/// The price of a product, valid from a given time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProductPrice {
    /// The product.
    pub product_id: String,
    /// The unit price in won; `None` if the product has no price.
    pub unit_price: Option<u64>,
    /// The time from which the price applies; of two prices, the later one wins.
    pub since: DateTime<Utc>,
}
