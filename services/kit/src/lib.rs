//! What every service shares, so that a service is left with its own business.
//!
//! A service's `main` reads: make a [`Service`], ask it for a database, start its relay and its
//! consumers, and serve its routes until it is told to stop.

pub mod autopilot;
pub mod breaker;
pub mod caller;
mod clock;
pub mod config;
mod connections;
mod consumer;
pub mod database;
pub mod dead_letters;
pub mod guest;
pub mod health;
pub mod http;
pub mod idempotency;
pub mod inbox;
pub mod kafka;
pub mod lag;
pub mod ledger;
pub mod live;
mod logs;
pub mod metric_names;
pub mod openapi;
pub mod outbox;
mod problem;
pub mod publisher;
pub mod rebuild;
mod service;
mod standstill;
pub mod telemetry;
pub mod topic_reader;
pub mod trace;
mod whole_body;
mod work;

pub use caller::Caller;
pub use clock::{Clock, SystemClock};
pub use fdp_contracts as contracts;
pub use health::{Check, Health};
pub use http::Json;
pub use inbox::{HandleError, Incoming};
pub use outbox::Outbox;
pub use problem::Problem;
pub use service::Service;
