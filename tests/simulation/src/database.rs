//! A simulated database: tables, inbox and outbox that change together atomically.
//!
//! A transaction takes effect between two awaits, so that a crash comes before or after it; and its response can get
//! lost, so that the client does not know whether it took effect. A real database guarantees the same, and no more.

use crate::endpoint::{Endpoint, Service};
use crate::engine::{Engine, ProcessId, Signal, lock};
use crate::fault_injector::FaultInjector;
use crate::plan::Kind;
use fdp_contracts::Event;
use fdp_messaging::{HandleError, Incoming};
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};
use uuid::Uuid;

/// A request failed; it may have taken effect or not.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("the simulated database does not answer")]
pub struct NoAnswer;

impl From<NoAnswer> for HandleError {
    fn from(error: NoAnswer) -> Self {
        Self::Transient(Box::new(error))
    }
}

impl From<NoAnswer> for fdp_storage::ledger::LedgerError {
    fn from(error: NoAnswer) -> Self {
        Self::Unreachable(Box::new(error))
    }
}

impl From<NoAnswer> for order::application::ports::RepositoryError {
    fn from(error: NoAnswer) -> Self {
        Self::Unreachable(Box::new(error))
    }
}

/// The part of a database that is the same for all services.
#[derive(Default)]
pub struct Log {
    /// How often each event took effect: more than once means that the inbox failed.
    pub effects: BTreeMap<Uuid, u32>,
    /// The events to publish, oldest first, by their sequence number.
    pub outbox: VecDeque<(u64, Arc<Incoming>)>,
    /// The replica that holds the relay's lock.
    pub relay: Option<ProcessId>,
    /// Violations of invariants.
    pub broken: Vec<String>,
    /// The restocked pieces of each product.
    pub restocked: BTreeMap<&'static str, u64>,
    sequence: u64,
    publisher: &'static str,
}

impl Log {
    /// Adds the events of this transaction to the outbox.
    pub fn announce(&mut self, events: Vec<Event>) {
        for event in events {
            let words = format!("{:?}", event.event_type());
            let envelope = event.into_cloud_event(self.publisher, None);
            // Events are serialised as JSON, and must be parseable.
            match envelope.map(Incoming::open) {
                Ok(Ok(incoming)) => {
                    self.sequence += 1;
                    self.outbox.push_back((self.sequence, Arc::new(incoming)));
                }
                Ok(Err(error)) => self.broken.push(error.to_string()),
                Err(error) => self.broken.push(format!("{words} has no JSON form: {error}")),
            }
        }
    }
}

/// A connection to a service's database: everything that does not depend on its tables.
#[derive(Clone)]
pub struct Connection {
    engine: Engine,
    injector: Arc<FaultInjector>,
    service: Service,
    pub log: Arc<Mutex<Log>>,
    /// Raised after a commit that adds events.
    pub announced: Signal,
}

impl Connection {
    /// Runs `work` in one transaction.
    ///
    /// # Errors
    /// When the database cannot be reached, or its response got lost.
    pub async fn transact<R>(&self, work: impl FnOnce(&mut Log) -> R) -> Result<R, NoAnswer> {
        self.reach().await?;
        let (result, announces) = {
            let mut log = lock(&self.log);
            let before = log.sequence;
            let result = work(&mut log);
            (result, log.sequence > before)
        };
        self.engine.sleep_between(50, 400).await;
        if self.injector.loses_commit() {
            let database = Endpoint::Database(self.service);
            self.engine.note(|| format!("an answer of {database} gets lost"));
            self.injector.count(Kind::LostCommits);
            return Err(NoAnswer);
        }
        if announces {
            self.announced.raise();
        }
        Ok(result)
    }

    async fn reach(&self) -> Result<(), NoAnswer> {
        self.engine.sleep_between(50, 400).await;
        let (service, database) = (Endpoint::Service(self.service), Endpoint::Database(self.service));
        if self.injector.passes(service, database) {
            return Ok(());
        }
        // A timeout, or a refused connection.
        self.engine.sleep_between(100, 300_000).await;
        Err(NoAnswer)
    }
}

/// A service's database, with tables of its own type.
pub struct Database<T> {
    pub connection: Connection,
    pub tables: Arc<Mutex<T>>,
}

impl<T> Clone for Database<T> {
    fn clone(&self) -> Self {
        Self {
            connection: self.connection.clone(),
            tables: self.tables.clone(),
        }
    }
}

impl<T> Database<T> {
    /// An empty database except for `tables`.
    pub fn new(engine: Engine, injector: Arc<FaultInjector>, service: Service, tables: T) -> Self {
        let log = Log {
            publisher: service.name(),
            ..Log::default()
        };
        Self {
            connection: Connection {
                engine,
                injector,
                service,
                log: Arc::new(Mutex::new(log)),
                announced: Signal::default(),
            },
            tables: Arc::new(Mutex::new(tables)),
        }
    }

    /// Runs `work` in one transaction.
    ///
    /// # Errors
    /// When the database cannot be reached, or its response got lost.
    pub async fn transact<R>(&self, work: impl FnOnce(&mut T, &mut Log) -> R) -> Result<R, NoAnswer> {
        let both = |log: &mut Log| work(&mut lock(&self.tables), log);
        self.connection.transact(both).await
    }

    /// Reads the tables without a transaction, for checks outside the simulation.
    pub fn look<R>(&self, look: impl FnOnce(&T) -> R) -> R {
        look(&lock(&self.tables))
    }
}
