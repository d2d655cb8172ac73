//! What every service shares, so that a service is left with its own business.
//!
//! A service's `main` reads: make a [`Service`], ask it for a database, start its relay and its
//! consumers, and serve its routes until it is told to stop.

pub mod autopilot;
pub mod config;
pub mod consumer;
pub mod database;
pub mod health;
pub mod http;
pub mod kafka;
pub mod outbox;
mod problem;
mod service;
pub mod telemetry;
pub mod trace;

pub use consumer::{EventHandler, HandleError};
pub use fdp_contracts as contracts;
pub use health::{Check, Health};
pub use http::Json;
pub use problem::Problem;
pub use service::Service;
