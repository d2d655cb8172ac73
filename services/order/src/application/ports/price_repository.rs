//! The repository of product prices.

use crate::domain::ProductPrice;

/// Stores the prices of products.
pub trait PriceRepository {
    /// Why storing failed.
    type Error;

    /// Stores each price, unless a newer one is stored already. An unchanged price is stored too: its newer time
    /// prevents an older price from replacing it.
    fn save(self, prices: Vec<ProductPrice>) -> impl Future<Output = Result<(), Self::Error>> + Send;
}
