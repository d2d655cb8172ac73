//! Guards calls to another service that may be slow or down: admission, circuit breaker, retry budget.

mod admission;
mod breaker;
mod retry_budget;

pub use admission::AdmissionLimits;
pub use breaker::{Breaker, CallError, Entered, Limits, Rejection};
pub use retry_budget::RetryBudget;
