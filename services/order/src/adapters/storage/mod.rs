//! The data stores that orders can be stored in.

mod data_store;
pub mod mongodb;
pub mod postgres;

pub use data_store::DataStoreKind;
