//! Clients of other services.

mod pay;

pub use pay::{
    FIRST_RETRY_DELAY, LIMITS, PayClient, PayClientError, RESPONSE_TIMEOUT, TARGET, VOID_RETRIES,
    VOID_TIMEOUT,
};
