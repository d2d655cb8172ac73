//! The client of the inventory service.

use super::service_client::{Call, ServiceClient};
use crate::application::work::{InventoryService, Product, ProductChange, Restock, ServiceError};
use crate::path_segment::path_segment;
use async_trait::async_trait;
use fdp_http::Caller;
use fdp_http::idempotency::IDEMPOTENCY_KEY;
use http::header;
use reqwest::Method;
use serde_json::json;

/// A client of the inventory service.
#[derive(Debug, Clone)]
pub struct InventoryClient(ServiceClient);

impl InventoryClient {
    /// A client of the inventory service at `base`, say `http://inventory:8085`.
    ///
    /// # Errors
    /// When the HTTP client cannot be made.
    pub fn new(base: &str) -> Result<Self, reqwest::Error> {
        ServiceClient::new(base).map(Self)
    }
}

#[async_trait]
impl InventoryService for InventoryClient {
    async fn products(
        &self,
        caller: &Caller,
        store_id: &str,
        after: &str,
        limit: u32,
    ) -> Result<Vec<Product>, ServiceError> {
        let (store, after) = (path_segment(store_id), path_segment(after));
        let path = format!("/inventories?storeId={store}&after={after}&limit={limit}");
        let products: Vec<Product> = self.0.read(&Call::get("listing products", caller, path)).await?;
        // One of an earlier release lists those of all stores.
        Ok(products
            .into_iter()
            .filter(|product| product.store_id == store_id)
            .collect())
    }

    async fn product(&self, caller: &Caller, product_id: &str) -> Result<Product, ServiceError> {
        let path = format!("/inventories/{}", path_segment(product_id));
        let call = Call::get("reading a product", caller, path);
        let response = self.0.call(&call).await?;
        let version = response.headers().get(header::ETAG);
        let version = version.and_then(|version| Some(version.to_str().ok()?.to_owned()));
        let product: Product = response.json().await.map_err(|error| ServiceError::NoAnswer {
            operation: call.operation,
            source: error.into(),
        })?;
        Ok(Product { version, ..product })
    }

    async fn put_product(&self, caller: &Caller, change: &ProductChange) -> Result<(), ServiceError> {
        let mut body = json!({
            "productId": change.product_id,
            "storeId": change.store_id,
            "productName": change.product_name,
        });
        if let Some(unit_price) = change.unit_price {
            body["unitPrice"] = unit_price.into();
        }
        if let Some(stock) = change.stock {
            body["stock"] = stock.into();
        }
        let path = "/inventories".to_owned();
        let call = Call::send("changing a product", caller, Method::POST, path, Some(body))
            .with(header::IF_MATCH, change.replaces.as_deref());
        self.0.call(&call).await.map(drop)
    }

    async fn restock(&self, caller: &Caller, restock: Restock<'_>) -> Result<(), ServiceError> {
        let path = format!("/inventories/{}/restock", path_segment(restock.product_id));
        let body = Some(json!({ "qty": restock.qty }));
        let call = Call::send("moving a stock", caller, Method::POST, path, body)
            .with(IDEMPOTENCY_KEY, Some(restock.key));
        self.0.call(&call).await.map(drop)
    }
}
