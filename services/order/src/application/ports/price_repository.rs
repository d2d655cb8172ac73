//! The repository of product prices.

use crate::domain::ProductPrice;

/// Stores the prices of products.
pub trait PriceRepository {
    /// Why storing failed.
    type Error;

    /// Stores each price, unless a newer one is stored already. A price that stays the same is stored too, because it
    /// then applies for longer and an older one must not replace it.
    fn save(self, prices: Vec<ProductPrice>) -> impl Future<Output = Result<(), Self::Error>> + Send;
}
