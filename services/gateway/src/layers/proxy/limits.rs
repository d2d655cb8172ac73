//! The limits of a request.

use std::time::Duration;

/// The limits of a request.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// The highest number of bytes of its body.
    pub body: u64,
    /// The timeout of the head of the response, retries included; its body has no timeout.
    pub response_timeout: Duration,
    /// How long after the first attempt retries may start.
    pub retry_window: Duration,
    /// Whether `X-Forwarded-*` and `Forwarded` of the peer are trusted: true only behind a proxy that sets them.
    pub trust_peer: bool,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body: 1024 * 1024,
            response_timeout: Duration::from_secs(30),
            retry_window: Duration::from_secs(2),
            trust_peer: false,
        }
    }
}
