//! Products and their stock, as the inventory service keeps them for the stores that sell them.

use super::service_error::ServiceError;
use async_trait::async_trait;
use fdp_http::Caller;
use serde::Deserialize;

/// A product of a store.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Product {
    /// Its id.
    pub product_id: String,
    /// The store that sells it.
    pub store_id: String,
    /// What the customer reads.
    pub product_name: String,
    /// How many there are.
    pub stock: u32,
    /// Price of one, in won; `None`: the shop's usual price.
    #[serde(default)]
    pub unit_price: Option<u64>,
    /// What names this version of it in a conditional change. The inventory service sends it beside the product, and only
    /// with a single one.
    #[serde(skip)]
    pub version: Option<String>,
}

/// A product to be, or the new name and price of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProductChange {
    /// Its id.
    pub product_id: String,
    /// The store that sells it.
    pub store_id: String,
    /// What the customer reads.
    pub product_name: String,
    /// How many there are at first; only of a new product.
    pub stock: Option<u32>,
    /// Price of one, in won; `None`: as it is.
    pub unit_price: Option<u64>,
    /// The version of the product that is changed; `None` makes a new one.
    pub replaces: Option<String>,
}

/// What has come in, or gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Restock<'a> {
    /// The product.
    pub product_id: &'a str,
    /// How many have come in; negative: how many are gone.
    pub qty: i64,
    /// The same key with the same quantity counts once.
    pub key: &'a str,
}

/// The inventory service.
#[async_trait]
pub trait InventoryService: Send + Sync + 'static {
    /// Products of a store in the order of their ids, starting after the id `after`, at most `limit`.
    async fn products(
        &self,
        caller: &Caller,
        store_id: &str,
        after: &str,
        limit: u32,
    ) -> Result<Vec<Product>, ServiceError>;

    /// One product with its version.
    async fn product(&self, caller: &Caller, product_id: &str) -> Result<Product, ServiceError>;

    /// Makes a product, or changes the name and the price of one.
    async fn put_product(&self, caller: &Caller, change: &ProductChange) -> Result<(), ServiceError>;

    /// Moves the stock of a product.
    async fn restock(&self, caller: &Caller, restock: Restock<'_>) -> Result<(), ServiceError>;
}
