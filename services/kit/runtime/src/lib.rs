//! What every service runs on: settings, clock, health, logs, metrics, traces, background tasks, and an orderly end.
//!
//! A service's `main` makes a [`Service`]; the other crates beside this one add to it what the service needs: a
//! database (`fdp-storage`), a consumer (`fdp-messaging`), and last of all its HTTP server (`fdp-http`).

mod autopilot;
mod background;
mod clock;
pub mod config;
mod health;
mod listen;
mod lock;
mod logs;
pub mod metric_names;
mod service;
mod shutdown;
mod telemetry;
pub mod trace;

pub use background::BackgroundError;
pub use clock::{Clock, SystemClock};
pub use health::{Check, CheckState, Health};
pub use listen::listen;
pub use lock::lock;
pub use metrics_exporter_prometheus::PrometheusHandle;
pub use service::{Service, ServiceError};
pub use shutdown::ShutdownTimes;
pub use telemetry::TelemetryError;
