//! The keys of the issuer: found by discovery, cached, and refreshed often enough that a revoked key is soon rejected.

use crate::layers::authentication::keys::KeySet;
use crate::layers::authentication::token::{self, Expected, VerifiedToken};
use crate::layers::authentication::token_error::TokenError;
use fdp_kit::Check;
use serde_json::Value;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use tokio::sync::{Mutex, Semaphore};
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

/// The timeout of one document of the issuer.
const TIMEOUT: Duration = Duration::from_secs(3);
/// The largest document that is read, in bytes.
const MAX_DOCUMENT: usize = 1024 * 1024;
/// How many requests may wait for a key lookup at once.
const MAX_WAITING: usize = 256;

/// An issuer of tokens, and how its keys are cached.
#[derive(Debug, Clone)]
pub struct IssuerSettings {
    /// The claim `iss`, and where `/.well-known/openid-configuration` is.
    pub issuer: String,
    /// The audience that the claim `aud` has to contain.
    pub audience: String,
    /// The claim with the roles; `None` tries the common ones.
    pub roles_claim: Option<String>,
    /// The tolerated clock skew.
    pub clock_skew: Duration,
    /// How often keys are refreshed: a key that the issuer revokes is accepted for this much longer.
    pub refresh: Duration,
    /// The delay between two lookups that requests cause, and between two attempts while the issuer is unreachable.
    pub pause: Duration,
    /// How long cached keys are used while the issuer is unreachable.
    pub keep: Duration,
}

impl IssuerSettings {
    /// With the default times.
    pub fn new(issuer: String, audience: String) -> Self {
        Self {
            issuer,
            audience,
            roles_claim: None,
            clock_skew: Duration::from_secs(30),
            refresh: Duration::from_mins(1),
            pause: Duration::from_secs(2),
            keep: Duration::from_mins(10),
        }
    }
}

/// Why the keys of the issuer cannot be looked up.
#[derive(Debug, thiserror::Error)]
enum LookUpError {
    #[error("asking {url}: {source}")]
    Http { url: String, source: reqwest::Error },
    #[error("{url} does not answer in time")]
    Late { url: String },
    #[error("{url} answers with more than {MAX_DOCUMENT} bytes")]
    TooLong { url: String },
    #[error("{url} does not answer with JSON: {source}")]
    Json { url: String, source: serde_json::Error },
    #[error(
        "the issuer calls itself '{found}' and not '{expected}'; the two have to be the same to the letter"
    )]
    OtherIssuer { found: String, expected: String },
    #[error("{url} names no jwks_uri")]
    NoKeyAddress { url: String },
    #[error("{url} holds no key that can verify a signature")]
    NoKeys { url: String },
}

#[derive(Clone)]
struct CachedKeys {
    keys: Arc<KeySet>,
    at: Instant,
}

/// When a lookup started, and whether it succeeded.
#[derive(Clone, Copy)]
struct LookUp {
    began: Instant,
    succeeded: bool,
}

/// An issuer, shared by all requests.
pub(super) struct Issuer {
    settings: IssuerSettings,
    expected: Expected,
    http: reqwest::Client,
    cached: RwLock<Option<CachedKeys>>,
    /// The last lookup; locked while one is running, so that there is one at a time.
    last: Mutex<Option<LookUp>>,
    waiting: Semaphore,
    check: Check,
}

impl Issuer {
    /// No request is sent yet: see [`Self::refresh_keys`].
    pub(super) fn new(settings: IssuerSettings, check: Check) -> Result<Self, reqwest::Error> {
        let http = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(TIMEOUT)
            .build()?;
        let expected = Expected {
            issuer: settings.issuer.clone(),
            audience: settings.audience.clone(),
            roles_claim: settings.roles_claim.clone(),
            clock_skew: settings.clock_skew.as_secs(),
        };
        Ok(Self {
            settings,
            expected,
            http,
            cached: RwLock::new(None),
            last: Mutex::new(None),
            waiting: Semaphore::new(MAX_WAITING),
            check,
        })
    }

    /// Verifies a token with the cached keys; `None` if its key is not among them.
    pub(super) fn verify_cached(&self, token: &str) -> Result<Option<VerifiedToken>, TokenError> {
        let id = token::key_id(token)?;
        let keys = self.cached_keys();
        let key = keys.as_ref().and_then(|keys| keys.find(id.as_deref()));
        key.map(|key| token::verify(token, key, &self.expected))
            .transpose()
    }

    /// Verifies a token, and looks up its key at the issuer if it is not cached. Requests wait for that in a queue.
    pub(super) async fn verify(&self, token: &str) -> Result<VerifiedToken, TokenError> {
        let id = token::key_id(token)?;
        let now = Instant::now();
        let keys = match self.cached_keys() {
            Some(keys) if keys.find(id.as_deref()).is_some() => keys,
            // A new key, or an invented one: only a lookup that starts from now on can tell.
            Some(_) => self.look_up_since(now).await?,
            None => {
                self.look_up_since(now.checked_sub(self.settings.pause).unwrap_or(now))
                    .await?
            }
        };
        let key = keys.find(id.as_deref()).ok_or(TokenError::UnknownKey)?;
        token::verify(token, key, &self.expected)
    }

    /// The cached keys, while they are recent enough.
    fn cached_keys(&self) -> Option<Arc<KeySet>> {
        let cached = self.cached.read().unwrap_or_else(PoisonError::into_inner);
        cached
            .as_ref()
            .filter(|cached| cached.at.elapsed() < self.settings.keep)
            .map(|cached| cached.keys.clone())
    }

    /// The keys of a lookup that started at `time` or later: one lookup for all waiting requests, and no more often than
    /// the pause allows.
    async fn look_up_since(&self, time: Instant) -> Result<Arc<KeySet>, TokenError> {
        let _permit = self.waiting.try_acquire().map_err(|_| TokenError::IssuerAway)?;
        let mut last = self.last.lock().await;
        let look_up = match *last {
            Some(recent) if recent.began >= time => recent,
            earlier => {
                if let Some(earlier) = earlier {
                    sleep_until(earlier.began + self.settings.pause).await;
                }
                self.look_up(&mut last).await
            }
        };
        // While the issuer is unreachable, it is unknown whether it has a key that is not cached.
        self.cached_keys()
            .filter(|_| look_up.succeeded)
            .ok_or(TokenError::IssuerAway)
    }

    async fn look_up(&self, last: &mut Option<LookUp>) -> LookUp {
        let began = Instant::now();
        let found = self.fetch_keys().await;
        let succeeded = found.is_ok();
        let outcome = if succeeded { "succeeded" } else { "failed" };
        metrics::counter!("gateway_issuer_lookups_total", "outcome" => outcome).increment(1);
        match found {
            Ok(keys) => {
                let mut cached = self.cached.write().unwrap_or_else(PoisonError::into_inner);
                *cached = Some(CachedKeys {
                    keys: Arc::new(keys),
                    at: Instant::now(),
                });
                self.check.ready();
            }
            Err(error) => {
                tracing::warn!(issuer = %self.settings.issuer, %error, "the issuer's keys cannot be looked up");
                self.check.failing(&error.to_string());
            }
        }
        *last.insert(LookUp { began, succeeded })
    }

    async fn fetch_keys(&self) -> Result<KeySet, LookUpError> {
        let base = self.settings.issuer.trim_end_matches('/');
        let url = format!("{base}/.well-known/openid-configuration");
        let document = self.fetch(&url).await?;
        let found = document["issuer"].as_str().unwrap_or_default();
        if found != self.settings.issuer {
            return Err(LookUpError::OtherIssuer {
                found: found.to_owned(),
                expected: self.settings.issuer.clone(),
            });
        }
        let url = document["jwks_uri"]
            .as_str()
            .ok_or(LookUpError::NoKeyAddress { url })?
            .to_owned();
        let keys = KeySet::read(&self.fetch(&url).await?);
        if keys.is_empty() {
            return Err(LookUpError::NoKeys { url });
        }
        Ok(keys)
    }

    async fn fetch(&self, url: &str) -> Result<Value, LookUpError> {
        let late = |_| LookUpError::Late { url: url.to_owned() };
        let bytes = timeout(TIMEOUT, self.fetch_bytes(url)).await.map_err(late)??;
        serde_json::from_slice(&bytes).map_err(|source| LookUpError::Json {
            url: url.to_owned(),
            source,
        })
    }

    async fn fetch_bytes(&self, url: &str) -> Result<Vec<u8>, LookUpError> {
        let failed = |source| LookUpError::Http {
            url: url.to_owned(),
            source,
        };
        let response = self
            .http
            .get(url)
            .send()
            .await
            .and_then(reqwest::Response::error_for_status);
        let mut response = response.map_err(failed)?;
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(failed)? {
            if bytes.len() + chunk.len() > MAX_DOCUMENT {
                return Err(LookUpError::TooLong { url: url.to_owned() });
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(bytes)
    }

    /// Refreshes the keys until `stop` fires.
    pub(super) async fn refresh_keys(self: Arc<Self>, stop: CancellationToken) {
        loop {
            let look_up = self.look_up(&mut *self.last.lock().await).await;
            let next = if look_up.succeeded {
                self.settings.refresh
            } else {
                self.settings.pause
            };
            let age = self.age();
            metrics::gauge!("gateway_issuer_keys_age_seconds").set(age.as_secs_f64());
            tokio::select! {
                () = sleep(next) => {}
                () = stop.cancelled() => return,
            }
        }
    }

    /// The age of the cached keys.
    fn age(&self) -> Duration {
        let cached = self.cached.read().unwrap_or_else(PoisonError::into_inner);
        cached
            .as_ref()
            .map_or(Duration::ZERO, |cached| cached.at.elapsed())
    }
}
