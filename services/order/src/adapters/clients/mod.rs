//! Clients of other services.

mod pay;

pub use pay::{
    FIRST_RETRY_DELAY, LATE_RESPONSE_TIMEOUT, LIMITS, PayClient, PayClientError, VOID_RETRIES, VOID_TIMEOUT,
};
