//! The indexes of the collections.

use crate::adapters::storage::mongodb::collections;
use crate::adapters::storage::mongodb::errors::in_time;
use crate::application::ports::RepositoryError;
use mongodb::bson::{Document, doc};
use mongodb::options::IndexOptions;
use mongodb::{Database, IndexModel};

/// Creates the missing indexes.
///
/// # Errors
/// When the database fails.
pub async fn prepare(database: &Database) -> Result<(), RepositoryError> {
    let orders = database.collection::<Document>(collections::ORDERS);
    let sparse = IndexOptions::builder().sparse(true).build();
    // The index contains only orders with pending events.
    let with_pending = IndexOptions::builder()
        .partial_filter_expression(doc! {"pending.at": {"$exists": true}})
        .build();
    let indexes = [
        IndexModel::builder()
            .keys(doc! {"customerId": 1, "_id": -1})
            .build(),
        IndexModel::builder()
            .keys(doc! {"intent.leaseUntil": 1})
            .options(sparse)
            .build(),
        IndexModel::builder()
            .keys(doc! {"pending.at": 1})
            .options(with_pending)
            .build(),
    ];
    in_time(orders.create_indexes(indexes)).await?;
    let keys = database.collection::<Document>(collections::IDEMPOTENCY_KEYS);
    let by_age = IndexModel::builder().keys(doc! {"usedAt": 1}).build();
    in_time(keys.create_index(by_age)).await?;
    Ok(())
}
