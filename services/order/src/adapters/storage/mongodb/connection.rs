//! The connection to MongoDB, and the task that creates its indexes and checks its health.

use crate::adapters::storage::mongodb::errors::in_time;
use crate::adapters::storage::mongodb::indexes::prepare;
use fdp_runtime::Check;
use mongodb::bson::doc;
use mongodb::error::Error;
use mongodb::options::{Acknowledgment, ClientOptions, ReadConcern, WriteConcern};
use mongodb::{Client, Database};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How long a caller waits for a reachable server.
const SELECTION_TIMEOUT: Duration = Duration::from_secs(3);
const RETRY_DELAY: Duration = Duration::from_millis(500);
const PING_INTERVAL: Duration = Duration::from_secs(3);
const DEFAULT_DATABASE: &str = "order";
/// `MONGODB_URL` is invalid.
#[derive(Debug, thiserror::Error)]
#[error("reading MONGODB_URL (expected mongodb://user:password@host:27017/database): {0}")]
pub struct MongoUrlError(#[source] Error);

/// The settings of the connection.
#[derive(Debug, Clone)]
pub struct MongoSettings {
    /// `mongodb://…`; the database is "order" unless it names one.
    pub url: String,
    /// Shown in the server's logs.
    pub application: String,
}

impl MongoSettings {
    /// Returns the database, and connects to it on first use. Writes are durable on a majority of its servers, and
    /// reads return only such writes.
    ///
    /// # Errors
    /// When the URL is invalid.
    pub async fn connect(self) -> Result<Database, MongoUrlError> {
        let mut options = ClientOptions::parse(&self.url).await.map_err(MongoUrlError)?;
        options.app_name = Some(self.application);
        options.server_selection_timeout = Some(SELECTION_TIMEOUT);
        options.connect_timeout = Some(SELECTION_TIMEOUT);
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

/// Creates the indexes as soon as the database is reachable, then pings it until stopped; `check` reports the result.
pub async fn watch(database: Database, check: Check, stop: CancellationToken) {
    let watched = async {
        while let Err(error) = prepare(&database).await {
            check.failing(&format!("preparing the database: {error}"));
            tokio::time::sleep(RETRY_DELAY).await;
        }
        loop {
            match in_time(database.run_command(doc! {"ping": 1})).await {
                Ok(_) => {
                    check.ready();
                    tokio::time::sleep(PING_INTERVAL).await;
                }
                Err(error) => {
                    check.failing(&format!("asking the database: {error}"));
                    tokio::time::sleep(RETRY_DELAY).await;
                }
            }
        }
    };
    stop.run_until_cancelled(watched).await;
}
