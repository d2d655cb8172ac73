//! Layer: how many requests one client may send, by its subject, or by its address without a token.

use axum::response::{IntoResponse, Response};
use fdp_http::Problem;
use fdp_runtime::config::{self, ConfigError};
use governor::clock::{Clock as _, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::state::keyed::DefaultKeyedStateStore;
use http::{HeaderName, HeaderValue, StatusCode};
use std::hash::{BuildHasher as _, RandomState};
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

const LIMIT: HeaderName = HeaderName::from_static("ratelimit-limit");
const REMAINING: HeaderName = HeaderName::from_static("ratelimit-remaining");
const RESET: HeaderName = HeaderName::from_static("ratelimit-reset");

/// The highest number of buckets, so that invented clients cannot fill the memory. Two clients rarely share one: with a
/// thousand active clients, one in 260 does.
const BUCKETS: u64 = 1 << 18;
/// How often the buckets of inactive clients are removed.
const CLEAN_INTERVAL: Duration = Duration::from_secs(30);

/// The rate limit of one client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateLimit {
    /// Requests per second, on average.
    pub per_second: NonZeroU32,
    /// Requests at once, after a pause.
    pub burst: NonZeroU32,
}

impl RateLimit {
    /// Reads `RATE_LIMIT_PER_SECOND` (0: no limit; unset: `default`) and `RATE_LIMIT_BURST` (unset: twice as many).
    ///
    /// # Errors
    /// When one of them is not a number.
    pub fn from_environment(default: u32) -> Result<Option<Self>, ConfigError> {
        let per_second: u32 = config::optional("RATE_LIMIT_PER_SECOND", default)?;
        let burst: u32 = config::optional("RATE_LIMIT_BURST", per_second.saturating_mul(2))?;
        let limit = NonZeroU32::new(per_second).map(|per_second| Self {
            per_second,
            burst: NonZeroU32::new(burst).unwrap_or(per_second),
        });
        Ok(limit)
    }
}

/// Whose requests are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Client<'a> {
    /// A signed-in client, at any address.
    Subject(&'a str),
    /// Every other client at that address.
    Address(IpAddr),
}

impl Client<'_> {
    fn kind(self) -> &'static str {
        match self {
            Self::Subject(_) => "subject",
            Self::Address(_) => "address",
        }
    }

    /// One client may use a whole IPv6 network of addresses, which therefore counts as one.
    fn normalized(self) -> Self {
        match self {
            Self::Address(address) => Self::Address(match address.to_canonical() {
                IpAddr::V6(address) => IpAddr::V6((u128::from(address) & !u128::from(u64::MAX)).into()),
                address @ IpAddr::V4(_) => address,
            }),
            subject @ Self::Subject(_) => subject,
        }
    }
}

type Limiter =
    governor::RateLimiter<u64, DefaultKeyedStateStore<u64>, DefaultClock, StateInformationMiddleware>;

/// Counts the requests of each client.
#[derive(Clone)]
pub struct RateLimiter {
    limit: RateLimit,
    limiter: Arc<Limiter>,
    /// Randomly keyed, so that no client can aim for the bucket of another one.
    hasher: RandomState,
}

/// The remaining requests of a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Quota {
    limit: u32,
    remaining: u32,
}

/// A client has sent too many requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RateLimitExceeded {
    limit: RateLimit,
    /// Whole seconds, rounded up.
    retry_after: u32,
}

impl RateLimiter {
    /// Starts to count.
    pub fn new(limit: RateLimit) -> Self {
        let quota = governor::Quota::per_second(limit.per_second).allow_burst(limit.burst);
        Self {
            limit,
            limiter: Arc::new(governor::RateLimiter::keyed(quota).with_middleware()),
            hasher: RandomState::new(),
        }
    }

    /// Counts one request of `client`.
    pub(crate) fn count(&self, client: Client<'_>) -> Result<Quota, RateLimitExceeded> {
        let bucket = self.hasher.hash_one(client.normalized()) % BUCKETS;
        match self.limiter.check_key(&bucket) {
            Ok(state) => Ok(Quota {
                limit: self.limit.burst.get(),
                remaining: state.remaining_burst_capacity(),
            }),
            Err(until) => {
                metrics::counter!("gateway_rate_limited_total", "by" => client.kind()).increment(1);
                let wait = until.wait_time_from(self.limiter.clock().now());
                Err(RateLimitExceeded {
                    limit: self.limit,
                    retry_after: u32::try_from(wait.as_secs())
                        .unwrap_or(u32::MAX)
                        .saturating_add(1),
                })
            }
        }
    }

    /// Removes the buckets of inactive clients, until `stop` fires.
    pub async fn clean(self, stop: CancellationToken) {
        while stop
            .run_until_cancelled(tokio::time::sleep(CLEAN_INTERVAL))
            .await
            .is_some()
        {
            self.limiter.retain_recent();
            self.limiter.shrink_to_fit();
        }
    }
}

impl Quota {
    /// Adds the rate limit headers to the response.
    pub(crate) fn add_headers(self, response: &mut Response) {
        response
            .headers_mut()
            .insert(LIMIT, HeaderValue::from(self.limit));
        response
            .headers_mut()
            .insert(REMAINING, HeaderValue::from(self.remaining));
    }
}

impl IntoResponse for RateLimitExceeded {
    fn into_response(self) -> Response {
        let detail = format!(
            "too many requests: {} a second on average are allowed, {} at once; try again in {} s",
            self.limit.per_second, self.limit.burst, self.retry_after
        );
        let problem = Problem {
            retry_after: Some(self.retry_after),
            ..Problem::new(StatusCode::TOO_MANY_REQUESTS, "too-many-requests", detail)
        };
        let mut response = problem.into_response();
        let headers = response.headers_mut();
        headers.insert(LIMIT, HeaderValue::from(self.limit.burst.get()));
        headers.insert(REMAINING, HeaderValue::from(0));
        headers.insert(RESET, HeaderValue::from(self.retry_after));
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rate(per_second: u32, burst: u32) -> RateLimiter {
        RateLimiter::new(RateLimit {
            per_second: NonZeroU32::new(per_second).unwrap(),
            burst: NonZeroU32::new(burst).unwrap(),
        })
    }

    fn address(text: &str) -> Client<'static> {
        Client::Address(text.parse().unwrap())
    }

    #[test]
    fn a_client_may_send_as_many_requests_as_the_burst_allows() {
        let rate = rate(1, 3);
        for remaining in [2, 1, 0] {
            assert_eq!(rate.count(Client::Subject("kim")).unwrap().remaining, remaining);
        }
        let exceeded = rate.count(Client::Subject("kim")).unwrap_err();
        assert_eq!(exceeded.retry_after, 1);
        assert!(rate.count(Client::Subject("lee")).is_ok());
        assert!(rate.count(address("10.0.0.1")).is_ok());
    }

    #[test]
    fn an_ipv6_network_is_one_client_and_ipv4_has_one_notation() {
        let rate = rate(1, 1);
        rate.count(address("2001:db8::1")).unwrap();
        assert!(rate.count(address("2001:db8::ffff:2")).is_err());
        assert!(rate.count(address("2001:db8:0:1::1")).is_ok());
        rate.count(address("10.0.0.7")).unwrap();
        assert!(rate.count(address("::ffff:10.0.0.7")).is_err());
    }

    #[test]
    fn invented_clients_do_not_fill_the_memory() {
        let rate = rate(1, 1);
        for number in 0..BUCKETS * 3 {
            let _ = rate.count(Client::Subject(&number.to_string()));
        }
        assert!(u64::try_from(rate.limiter.len()).unwrap() <= BUCKETS);
    }

    #[test]
    fn a_429_carries_the_retry_delay() {
        let rate = rate(1, 1);
        let client = address("10.0.0.1");
        rate.count(client).unwrap();
        let response = rate.count(client).unwrap_err().into_response();
        assert_eq!(response.status(), StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(response.headers()["retry-after"], "1");
        assert_eq!(response.headers()["ratelimit-remaining"], "0");
    }
}
