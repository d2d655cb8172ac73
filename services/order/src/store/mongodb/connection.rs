//! The connection to MongoDB: made patiently, its indexes ensured, watched; and what its errors mean.

use crate::app::ports::StoreError;
use fdp_kit::Check;
use mongodb::bson::doc;
use mongodb::error::{Error, ErrorKind, RETRYABLE_WRITE_ERROR, WriteFailure};
use mongodb::options::{Acknowledgment, ClientOptions, IndexOptions, ReadConcern, WriteConcern};
use mongodb::{Client, Database, IndexModel};
use std::future::IntoFuture;
use std::io;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How long a server may take to answer; after that its machine counts as gone.
const ANSWER: Duration = Duration::from_secs(10);
/// How long a caller is kept waiting for a server that can be asked at all.
const SELECT: Duration = Duration::from_secs(3);
const RETRY: Duration = Duration::from_millis(500);
const PING: Duration = Duration::from_secs(3);
const DEFAULT_DATABASE: &str = "order";
/// What a server says that is not, or no longer, the one to write to: stepped down, shutting down, recovering.
const PASSING: [i32; 8] = [91, 189, 10107, 11600, 11602, 13435, 13436, 262];
const DUPLICATE_KEY: i32 = 11000;

/// What keeps a connection from being made.
#[derive(Debug, thiserror::Error)]
#[error("reading MONGODB_URL (expected mongodb://user:password@host:27017/database): {0}")]
pub struct MongoUrlError(#[source] Error);

/// Where the orders are.
#[derive(Debug, Clone)]
pub struct MongoSettings {
    /// `mongodb://…`; the database is "order" unless it names one.
    pub url: String,
    /// Shown in the server's logs.
    pub application: String,
}

impl MongoSettings {
    /// A database that is connected to when it is first used. Its writes are durable on a majority of its servers,
    /// and its reads see only such writes.
    ///
    /// # Errors
    /// When the URL is none.
    pub async fn connect(self) -> Result<Database, MongoUrlError> {
        let mut options = ClientOptions::parse(&self.url).await.map_err(MongoUrlError)?;
        options.app_name = Some(self.application);
        options.server_selection_timeout = Some(SELECT);
        options.connect_timeout = Some(SELECT);
        options.write_concern = Some(
            WriteConcern::builder()
                .w(Acknowledgment::Majority)
                .journal(true)
                .build(),
        );
        options.read_concern = Some(ReadConcern::majority());
        let client = Client::with_options(options).map_err(MongoUrlError)?;
        let database = client.default_database();
        Ok(database.unwrap_or_else(|| client.database(DEFAULT_DATABASE)))
    }
}

/// Makes the indexes that are missing.
///
/// # Errors
/// When the database fails.
pub async fn prepare(database: &Database) -> Result<(), StoreError> {
    let orders = database.collection::<mongodb::bson::Document>(super::orders::COLLECTION);
    let sparse = IndexOptions::builder().sparse(true).build();
    // Only orders that owe the world an event are in it.
    let owing = IndexOptions::builder()
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
            .options(owing)
            .build(),
    ];
    in_time(orders.create_indexes(indexes)).await?;
    let keys = database.collection::<mongodb::bson::Document>(super::keys::COLLECTION);
    let by_age = IndexModel::builder().keys(doc! {"usedAt": 1}).build();
    in_time(keys.create_index(by_age)).await?;
    Ok(())
}

/// Prepares the database as soon as it can be reached, says so in `check`, and then watches it until stopped.
pub async fn watch(database: Database, check: Check, stop: CancellationToken) {
    let watched = async {
        while let Err(error) = prepare(&database).await {
            check.failing(&format!("preparing the database: {error}"));
            tokio::time::sleep(RETRY).await;
        }
        loop {
            match in_time(database.run_command(doc! {"ping": 1})).await {
                Ok(_) => {
                    check.ready();
                    tokio::time::sleep(PING).await;
                }
                Err(error) => {
                    check.failing(&format!("asking the database: {error}"));
                    tokio::time::sleep(RETRY).await;
                }
            }
        }
    };
    tokio::select! {
        () = watched => {}
        () = stop.cancelled() => {}
    }
}

/// What the database answers to `question`, or an error that counts as passing when it says nothing.
pub(super) async fn in_time<T>(question: impl IntoFuture<Output = Result<T, Error>>) -> Result<T, Error> {
    tokio::time::timeout(ANSWER, question.into_future())
        .await
        .unwrap_or_else(|_| Err(io::Error::from(io::ErrorKind::TimedOut).into()))
}

/// Whether a document with that key is there already.
pub(super) fn is_duplicate(error: &Error) -> bool {
    match error.kind.as_ref() {
        ErrorKind::Write(WriteFailure::WriteError(refused)) => refused.code == DUPLICATE_KEY,
        ErrorKind::Command(refused) => refused.code == DUPLICATE_KEY,
        _ => false,
    }
}

/// Whether the database is only out of reach for now.
fn is_passing(error: &Error) -> bool {
    match error.kind.as_ref() {
        ErrorKind::Io(_)
        | ErrorKind::ConnectionPoolCleared { .. }
        | ErrorKind::ServerSelection { .. }
        | ErrorKind::DnsResolve { .. }
        // Written, and not on a majority of the servers in time.
        | ErrorKind::Write(WriteFailure::WriteConcernError(_)) => true,
        ErrorKind::Command(refused) if PASSING.contains(&refused.code) => true,
        _ => error.contains_label(RETRYABLE_WRITE_ERROR),
    }
}

impl From<Error> for StoreError {
    fn from(error: Error) -> Self {
        if is_passing(&error) {
            Self::Unreachable(Box::new(error))
        } else {
            Self::Failed(Box::new(error))
        }
    }
}
