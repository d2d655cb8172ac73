//! The runtime of every service: settings, clock, health, logs, metrics, traces, background tasks and shutdown.
//!
//! A service's `main` creates a [`Service`]; the other crates of the kit add a database (`fdp-storage`), a consumer
//! (`fdp-messaging`) and, as the last step, the HTTP server (`fdp-http`).

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
