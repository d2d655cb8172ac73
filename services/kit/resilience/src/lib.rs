//! Guards calls to another service that may be slow or down: admission, circuit breaker, retry budget.

mod admission;
mod breaker;
mod rejection;
mod retry_budget;

pub use admission::AdmissionLimits;
pub use breaker::{Breaker, CallError, Entered, Limits};
pub use rejection::Rejection;
pub use retry_budget::RetryBudget;
