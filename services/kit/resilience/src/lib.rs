//! Calls to another service that may be slow or gone: deadline, bulkhead, circuit breaker.

mod breaker;

pub use breaker::{Breaker, CallError, Limits, Rejection};
