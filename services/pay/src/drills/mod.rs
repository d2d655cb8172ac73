//! Drills: pay is made slow and unreliable on purpose, to test how the platform copes. Part of every image, off by
//! default; set by the environment, or over HTTP for a time.

mod approval;
mod fault_injection;
pub(crate) mod http;
mod request;
mod settings;
mod timetable;

pub(crate) use approval::DrilledPayments;
pub use fault_injection::Drills;
pub use settings::Drill;
