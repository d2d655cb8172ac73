//! Guards calls to another service that may be slow or down: deadline, bulkhead, circuit breaker.

mod breaker;

pub use breaker::{Breaker, CallError, Limits, Rejection};
