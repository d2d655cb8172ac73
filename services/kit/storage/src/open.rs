//! Opens a service's database, and the outbox in it.

use crate::database::{self, DatabaseUrlError};
use crate::inbox::{EventHandler, PgInbox};
use crate::outbox::{self, Outbox};
use crate::retention::{self, Kept, PgRows, Retained, Rows};
use fdp_catalogue::retention::{INBOX, Retention, RetentionDays};
use fdp_catalogue::variables;
use fdp_messaging::Subscribe as _;
use fdp_messaging::kafka::Cluster;
use fdp_runtime::Service;
use fdp_runtime::config::{self, ConfigError};
use sqlx::PgPool;
use sqlx::migrate::Migrator;
use std::sync::Arc;

/// Why a service could not open its database.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// A setting is missing or wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// `DATABASE_URL` is invalid.
    #[error(transparent)]
    DatabaseUrl(#[from] DatabaseUrlError),
}

/// Opening a database, for a service that keeps state.
pub trait OpenDatabase {
    /// The service's database, from `DATABASE_URL`. It is migrated in the background; until then the service is not
    /// ready. `DATABASE_CONNECTIONS` limits the pool.
    ///
    /// # Errors
    /// When a setting cannot be read.
    fn database(&mut self, migrations: &'static Migrator) -> Result<PgPool, OpenError>;

    /// The outbox in `pool`; also starts a relay that publishes its events to `topic`.
    ///
    /// # Errors
    /// When `KAFKA_BROKERS` is missing, or the security settings cannot be read.
    fn outbox(&mut self, pool: &PgPool, topic: &'static str) -> Result<Outbox, OpenError>;

    /// Consumes `topics`: applies their events with `handler` in `pool`, and writes the events that it returns to
    /// `outbox`.
    ///
    /// # Errors
    /// When `KAFKA_BROKERS` is missing or invalid.
    fn consume(
        &mut self,
        topics: &[&str],
        pool: &PgPool,
        outbox: &Outbox,
        handler: impl EventHandler,
    ) -> Result<(), ConfigError>;

    /// Removes old rows of `tables`, and of the inbox, from the database of `pool`; see [`Self::retain_in`].
    ///
    /// # Errors
    /// When `RETENTION_DAYS` cannot be read.
    fn retain(&mut self, pool: &PgPool, tables: &[(Retention, Rows)]) -> Result<(), ConfigError>;

    /// Removes old rows, wherever they are. `RETENTION_DAYS` says for how long they are kept.
    ///
    /// # Errors
    /// When `RETENTION_DAYS` cannot be read.
    fn retain_in(&mut self, tables: Vec<(Retention, Arc<dyn Retained>)>) -> Result<(), ConfigError>;
}

impl OpenDatabase for Service {
    fn database(&mut self, migrations: &'static Migrator) -> Result<PgPool, OpenError> {
        let url = config::required(
            variables::DATABASE_URL,
            "postgres://user:password@host:5432/database",
        )?;
        let most = config::optional(variables::DATABASE_CONNECTIONS, 8)?;
        let pool = database::lazy_pool(&url, self.client_id(), most)?;
        let check = self.health().required("database");
        self.spawn(database::migrate_and_watch(
            pool.clone(),
            migrations,
            check,
            self.stopping(),
        ));
        Ok(pool)
    }

    fn outbox(&mut self, pool: &PgPool, topic: &'static str) -> Result<Outbox, OpenError> {
        let outbox = Outbox::new(self.name(), topic);
        self.spawn(outbox::relay(
            outbox.clone(),
            pool.clone(),
            Cluster::from_environment()?,
            self.client_id().to_owned(),
            self.health().clone(),
            self.stopping(),
        ));
        Ok(outbox)
    }

    fn consume(
        &mut self,
        topics: &[&str],
        pool: &PgPool,
        outbox: &Outbox,
        handler: impl EventHandler,
    ) -> Result<(), ConfigError> {
        let inbox = PgInbox::new(pool.clone(), outbox.clone(), handler);
        self.subscribe(topics, Arc::new(inbox))
    }

    fn retain(&mut self, pool: &PgPool, tables: &[(Retention, Rows)]) -> Result<(), ConfigError> {
        let of_pool = |(retention, rows): &(Retention, Rows)| {
            let rows: Arc<dyn Retained> = Arc::new(PgRows {
                pool: pool.clone(),
                rows: *rows,
            });
            (*retention, rows)
        };
        let inbox = [(INBOX, retention::INBOX)];
        self.retain_in(tables.iter().chain(&inbox).map(of_pool).collect())
    }

    fn retain_in(&mut self, tables: Vec<(Retention, Arc<dyn Retained>)>) -> Result<(), ConfigError> {
        let days = config::optional(variables::RETENTION_DAYS, RetentionDays::default())?;
        let kept = tables
            .into_iter()
            .map(|(retention, rows)| Kept::new(&retention, &days, rows));
        let (kept, health) = (kept.collect(), self.health().clone());
        self.spawn(retention::run(kept, health, self.stopping()));
        Ok(())
    }
}
