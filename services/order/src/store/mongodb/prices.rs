//! Prices of products, as the inventory's events tell them.

use super::connection::{in_time, is_duplicate};
use super::document::failed;
use super::orders::MongoOrders;
use crate::app::ports::StoreError;
use crate::consumer::Price;
use futures::TryStreamExt as _;
use mongodb::bson::doc;
use serde::Deserialize;
use std::collections::BTreeMap;

pub(super) const COLLECTION: &str = "prices";

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct PriceDocument {
    #[serde(rename = "_id")]
    product_id: String,
    unit_price: i64,
}

impl MongoOrders {
    /// Writes a price down, unless a newer one is known. One that stays the same is true for longer, so that older news
    /// cannot undo it.
    pub(super) async fn save_price(&self, price: Price) -> Result<(), StoreError> {
        // A price that the database cannot hold is one that no order can have either.
        let unit_price = price.unit_price.and_then(|price| i64::try_from(price).ok());
        let since = price.since.timestamp_micros();
        let older = doc! {"_id": &price.product_id, "since": {"$lt": since}};
        let update = doc! {"$set": {"unitPrice": unit_price, "since": since}};
        match in_time(self.prices.update_one(older, update).upsert(true)).await {
            // What is there already is not older.
            Err(error) if is_duplicate(&error) => Ok(()),
            written => Ok(written.map(drop)?),
        }
    }

    pub(super) async fn prices_of(
        &self,
        product_ids: &[String],
    ) -> Result<BTreeMap<String, u64>, StoreError> {
        let priced = doc! {"_id": {"$in": product_ids}, "unitPrice": {"$ne": null}};
        let known = self.prices.clone_with_type::<PriceDocument>();
        let found: Vec<PriceDocument> =
            in_time(async { known.find(priced).await?.try_collect().await }).await?;
        found
            .into_iter()
            .map(|price| Ok((price.product_id, u64::try_from(price.unit_price).map_err(failed)?)))
            .collect()
    }
}
