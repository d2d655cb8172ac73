//! What every service shares, under one name.

mod service;

pub use fdp_contracts as contracts;
pub use fdp_http::{Caller, Json, Problem, caller, guest, idempotency, openapi};
pub use fdp_messaging::{HandleError, Incoming, dead_letters, kafka, publisher, topic_reader};
pub use fdp_resilience as breaker;
pub use fdp_runtime::{Check, Clock, Health, SystemClock, config, metric_names, trace};
pub use fdp_storage::{Outbox, database, ledger, live, outbox, problem, rebuild};
pub use service::Service;

/// Extractors.
pub mod http {
    pub use fdp_http::{Path, Query};
}

/// Events that take effect once.
pub mod inbox {
    pub use fdp_messaging::{Effects, HandleError, Incoming};
    pub use fdp_storage::inbox::{EventHandler, PgInbox, Reacting, Reaction, Slot};
}
