//! A simulated database: tables, inbox and outbox that change together in one moment, or not at all.
//!
//! A transaction takes effect between two waits, so that a crash comes before or after it; and its answer can get
//! lost, so that who asked doesn't know. That is what a real database promises, and no more.

use crate::endpoint::{Endpoint, Service};
use crate::engine::{Engine, ProcessId, Signal, lock};
use crate::fault_injector::FaultInjector;
use crate::plan::Kind;
use fdp_contracts::Event;
use fdp_messaging::{HandleError, Incoming};
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};
use uuid::Uuid;

/// Asking failed; it may have had its effect or not.
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
    /// How often each event took effect: once, or the inbox forgot.
    pub effects: BTreeMap<Uuid, u32>,
    /// What is to be published, oldest first, by its sequence number.
    pub outbox: VecDeque<(u64, Arc<Incoming>)>,
    /// The replica that holds the relay's lock.
    pub relay: Option<ProcessId>,
    /// What can't be and was all the same.
    pub broken: Vec<String>,
    /// How many pieces of each product came in.
    pub restocked: BTreeMap<&'static str, u64>,
    sequence: u64,
    publisher: &'static str,
}

impl Log {
    /// Adds what the world is to hear of this transaction.
    pub fn announce(&mut self, events: Vec<Event>) {
        for event in events {
            let words = format!("{:?}", event.event_type());
            let envelope = event.into_cloud_event(self.publisher, None);
            // It travels as JSON, and has to read back.
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

/// A way to a service's database: all that does not depend on its tables.
#[derive(Clone)]
pub struct Connection {
    engine: Engine,
    injector: Arc<FaultInjector>,
    service: Service,
    /// Its inbox and outbox.
    pub log: Arc<Mutex<Log>>,
    /// Raised after a commit that announces something.
    pub announced: Signal,
}

impl Connection {
    /// Runs `work` in one transaction.
    ///
    /// # Errors
    /// When the database is out of reach, or its answer got lost.
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
        // A connection that hangs, or one that is refused.
        self.engine.sleep_between(100, 300_000).await;
        Err(NoAnswer)
    }
}

/// A service's database, with tables of its own kind.
pub struct Database<T> {
    /// The way to it.
    pub connection: Connection,
    /// Its tables.
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
    /// One with nothing in it but `tables`.
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
    /// When the database is out of reach, or its answer got lost.
    pub async fn transact<R>(&self, work: impl FnOnce(&mut T, &mut Log) -> R) -> Result<R, NoAnswer> {
        let both = |log: &mut Log| work(&mut lock(&self.tables), log);
        self.connection.transact(both).await
    }

    /// The tables as they are, for those who look from outside of the world.
    pub fn look<R>(&self, look: impl FnOnce(&T) -> R) -> R {
        look(&lock(&self.tables))
    }
}
