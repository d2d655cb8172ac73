//! The indexes of the collections.

use crate::adapters::storage::mongodb::collections;
use crate::adapters::storage::mongodb::errors::in_time;
use crate::application::ports::RepositoryError;
use mongodb::bson::{Document, doc};
use mongodb::options::IndexOptions;
use mongodb::{Collection, Database, IndexModel};

/// The index of pending events that earlier versions made, for which not every server has the options.
const REPLACED: &str = "pending.at_1";

/// Creates the missing indexes, and removes the one that another has replaced.
///
/// # Errors
/// When the database fails.
pub async fn prepare(database: &Database) -> Result<(), RepositoryError> {
    let orders = database.collection::<Document>(collections::ORDERS);
    let sparse = || IndexOptions::builder().sparse(true).build();
    let indexes = [
        IndexModel::builder()
            .keys(doc! {"customerId": 1, "_id": -1})
            .build(),
        IndexModel::builder()
            .keys(doc! {"intent.leaseUntil": 1})
            .options(sparse())
            .build(),
        // It contains only orders with pending events: an empty list has no `at`. It is read backwards. A server refuses
        // to make an index with the keys of another one and different options, so these are not those of `REPLACED`.
        IndexModel::builder()
            .keys(doc! {"pending.at": -1})
            .options(sparse())
            .build(),
    ];
    in_time(orders.create_indexes(indexes)).await?;
    remove_replaced(&orders).await?;
    let keys = database.collection::<Document>(collections::IDEMPOTENCY_KEYS);
    let by_age = IndexModel::builder().keys(doc! {"usedAt": 1}).build();
    in_time(keys.create_index(by_age)).await?;
    let recipients = database.collection::<Document>(collections::RECIPIENTS);
    let by_age = IndexModel::builder().keys(doc! {"keptAt": 1}).build();
    in_time(recipients.create_index(by_age)).await?;
    Ok(())
}

/// A replica of an earlier version makes the index again when it starts, and the next one of this version removes it.
async fn remove_replaced(orders: &Collection<Document>) -> Result<(), RepositoryError> {
    let names = in_time(orders.list_index_names()).await?;
    if names.iter().any(|name| name == REPLACED) {
        in_time(orders.drop_index(REPLACED)).await?;
    }
    Ok(())
}
