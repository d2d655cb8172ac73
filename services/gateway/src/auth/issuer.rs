//! The issuer's keys: found by discovery, kept, and renewed often enough that a revoked key soon counts for nothing.

use super::keys::KeySet;
use super::refusal::Refusal;
use super::token::{self, Expected, Vouched};
use fdp_kit::Check;
use serde_json::Value;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use tokio::sync::{Mutex, Semaphore};
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

/// For one document of the issuer.
const DEADLINE: Duration = Duration::from_secs(3);
/// The longest document that is read, in bytes.
const LONGEST: usize = 1024 * 1024;
/// How many requests may wait at once for keys to be looked up again.
const WAITING: usize = 256;

/// An issuer of tokens and how its keys are kept.
#[derive(Debug, Clone)]
pub struct IssuerSettings {
    /// The claim `iss`, and where `/.well-known/openid-configuration` is.
    pub issuer: String,
    /// What the claim `aud` has to hold.
    pub audience: String,
    /// In which claim the roles are; `None` looks at the usual places.
    pub roles_claim: Option<String>,
    /// How far the clocks may be apart.
    pub clock_skew: Duration,
    /// How often keys are looked up: a key that the issuer withdraws is accepted this much longer.
    pub refresh: Duration,
    /// Between two look-ups that requests cause, and between two attempts while the issuer is away.
    pub pause: Duration,
    /// How long the keys last seen are good for while the issuer is away.
    pub keep: Duration,
}

impl IssuerSettings {
    /// With the usual times.
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

/// Why the issuer's keys are not known.
#[derive(Debug, thiserror::Error)]
enum LookUpError {
    #[error("asking {url}: {source}")]
    Http { url: String, source: reqwest::Error },
    #[error("{url} does not answer in time")]
    Late { url: String },
    #[error("{url} answers with more than {LONGEST} bytes")]
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
struct Seen {
    keys: Arc<KeySet>,
    at: Instant,
}

/// When a look-up began, and whether it brought keys.
#[derive(Clone, Copy)]
struct LookUp {
    began: Instant,
    succeeded: bool,
}

/// An issuer, shared by all requests.
pub(crate) struct Issuer {
    settings: IssuerSettings,
    expected: Expected,
    http: reqwest::Client,
    seen: RwLock<Option<Seen>>,
    /// The last look-up; held while one runs, so that there is one at a time.
    last: Mutex<Option<LookUp>>,
    waiting: Semaphore,
    check: Check,
}

impl Issuer {
    /// Nothing is asked yet: see [`Self::keep_up`].
    pub(crate) fn new(settings: IssuerSettings, check: Check) -> Result<Self, reqwest::Error> {
        let http = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(DEADLINE)
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
            seen: RwLock::new(None),
            last: Mutex::new(None),
            waiting: Semaphore::new(WAITING),
            check,
        })
    }

    /// Whom a token speaks for, by the keys last seen; `None` when its key is not among them.
    pub(crate) fn recognise(&self, token: &str) -> Result<Option<Vouched>, Refusal> {
        let id = token::key_id(token)?;
        let keys = self.keys();
        let key = keys.as_ref().and_then(|keys| keys.find(id.as_deref()));
        key.map(|key| token::verify(token, key, &self.expected))
            .transpose()
    }

    /// The same, where the issuer is asked for a key that is not known. Requests wait for that in a queue.
    pub(crate) async fn identify(&self, token: &str) -> Result<Vouched, Refusal> {
        let id = token::key_id(token)?;
        let now = Instant::now();
        let keys = match self.keys() {
            Some(keys) if keys.find(id.as_deref()).is_some() => keys,
            // A new key, or a made-up one. A token signed with a key of a moment ago waits for that key.
            Some(_) => self.look_up_since(now).await?,
            None => {
                self.look_up_since(now.checked_sub(self.settings.pause).unwrap_or(now))
                    .await?
            }
        };
        let key = keys.find(id.as_deref()).ok_or(Refusal::UnknownKey)?;
        token::verify(token, key, &self.expected)
    }

    /// The keys last seen, while they are good.
    fn keys(&self) -> Option<Arc<KeySet>> {
        let seen = self.seen.read().unwrap_or_else(PoisonError::into_inner);
        seen.as_ref()
            .filter(|seen| seen.at.elapsed() < self.settings.keep)
            .map(|seen| seen.keys.clone())
    }

    /// The keys as they were looked up after `asked`: once for all who wait, and no more often than the pause allows.
    async fn look_up_since(&self, asked: Instant) -> Result<Arc<KeySet>, Refusal> {
        let _turn = self.waiting.try_acquire().map_err(|_| Refusal::IssuerAway)?;
        let mut last = self.last.lock().await;
        let look_up = match *last {
            Some(recent) if recent.began >= asked => recent,
            before => {
                if let Some(before) = before {
                    sleep_until(before.began + self.settings.pause).await;
                }
                self.look_up(&mut last).await
            }
        };
        // While the issuer is away nobody knows whether it has a key that is not known here.
        self.keys()
            .filter(|_| look_up.succeeded)
            .ok_or(Refusal::IssuerAway)
    }

    async fn look_up(&self, last: &mut Option<LookUp>) -> LookUp {
        let began = Instant::now();
        let found = self.fetch_keys().await;
        let succeeded = found.is_ok();
        let outcome = if succeeded { "succeeded" } else { "failed" };
        metrics::counter!("gateway_issuer_lookups_total", "outcome" => outcome).increment(1);
        match found {
            Ok(keys) => {
                let mut seen = self.seen.write().unwrap_or_else(PoisonError::into_inner);
                *seen = Some(Seen {
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
        let bytes = timeout(DEADLINE, self.fetch_bytes(url)).await.map_err(late)??;
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
        let answer = self
            .http
            .get(url)
            .send()
            .await
            .and_then(reqwest::Response::error_for_status);
        let mut answer = answer.map_err(failed)?;
        let mut bytes = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(failed)? {
            if bytes.len() + chunk.len() > LONGEST {
                return Err(LookUpError::TooLong { url: url.to_owned() });
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(bytes)
    }

    /// Looks keys up again and again, until `stop` fires.
    pub(crate) async fn keep_up(self: Arc<Self>, stop: CancellationToken) {
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

    /// How old the keys last seen are.
    fn age(&self) -> Duration {
        let seen = self.seen.read().unwrap_or_else(PoisonError::into_inner);
        seen.as_ref().map_or(Duration::ZERO, |seen| seen.at.elapsed())
    }
}
