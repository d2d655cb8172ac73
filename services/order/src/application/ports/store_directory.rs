//! The directory of stores and of what they offer.

use fdp_contracts::StoreSnapshot;

/// Stores what stores have told of themselves.
pub trait StoreDirectory {
    /// Why storing failed.
    type Error;

    /// Stores each store, unless a higher version of it is stored already.
    fn save_stores(self, stores: Vec<StoreSnapshot>) -> impl Future<Output = Result<(), Self::Error>> + Send;
}
