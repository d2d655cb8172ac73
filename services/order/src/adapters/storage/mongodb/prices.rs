//! Names and prices of products in MongoDB.

use crate::adapters::storage::mongodb::MongoOrders;
use crate::adapters::storage::mongodb::errors::{
    failed, found_and_changed, in_time, is_duplicate, unchanged,
};
use crate::application::ports::{PriceRepository, RepositoryError};
use crate::domain::{KnownProduct, ProductPrice};
use futures::TryStreamExt as _;
use mongodb::bson::doc;
use serde::Deserialize;
use std::collections::BTreeMap;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct PriceDocument {
    #[serde(rename = "_id")]
    product_id: String,
    name: Option<String>,
    store_id: Option<String>,
    unit_price: Option<i64>,
    stock: Option<i64>,
}

impl PriceRepository for &MongoOrders {
    type Error = RepositoryError;

    async fn save(self, prices: Vec<ProductPrice>) -> Result<(), RepositoryError> {
        for price in prices {
            self.save_price(price).await?;
        }
        Ok(())
    }
}

impl MongoOrders {
    /// Stores a price, unless a newer one is stored already.
    async fn save_price(&self, price: ProductPrice) -> Result<(), RepositoryError> {
        // A price that is too high for the database is also too high for any order.
        let unit_price = price.unit_price.and_then(|price| i64::try_from(price).ok());
        let since = price.since.timestamp_micros();
        let older = doc! {"_id": &price.product_id, "since": {"$lt": since}};
        let update = doc! {"$set": {
            "name": price.name, "storeId": price.store_id, "unitPrice": unit_price, "since": since,
            "stock": i64::try_from(price.stock).ok(),
        }};
        match in_time(self.prices.update_one(older, update).upsert(true)).await {
            // The stored price is not older.
            Err(error) if is_duplicate(&error) => Ok(()),
            Err(error) => Err(error.into()),
            Ok(updated) => {
                let stored = updated.upserted_id.is_some() || found_and_changed(&updated, "the price")?;
                if stored {
                    Ok(())
                } else {
                    Err(unchanged("the price"))
                }
            }
        }
    }

    pub(super) async fn find_products(
        &self,
        product_ids: &[String],
    ) -> Result<BTreeMap<String, KnownProduct>, RepositoryError> {
        let asked = doc! {"_id": {"$in": product_ids}};
        let known = self.prices.clone_with_type::<PriceDocument>();
        let found: Vec<PriceDocument> =
            in_time(async { known.find(asked).await?.try_collect().await }).await?;
        found
            .into_iter()
            .map(|price| {
                let unsigned = |number: Option<i64>| number.map(u64::try_from).transpose().map_err(failed);
                let product = KnownProduct {
                    name: price.name,
                    store_id: price.store_id,
                    unit_price: unsigned(price.unit_price)?,
                    stock: unsigned(price.stock)?,
                };
                Ok((price.product_id, product))
            })
            .collect()
    }
}
