//! Sign-in: who is asking, by whichever means the platform was given.

mod demo;
mod issuer;
mod keys;
mod refusal;
mod token;

pub(crate) use demo::{Token, TokenWish};
pub use issuer::IssuerSettings;
pub(crate) use refusal::Refusal;

use demo::Demo;
use fdp_kit::Health;
use fdp_kit::config::{self, ConfigError};
use http::{HeaderMap, header};
use issuer::Issuer;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;
use token::Vouched;
use tokio_util::sync::CancellationToken;

/// Who vouches for people.
#[derive(Debug, Clone)]
pub enum AuthSettings {
    /// Nobody: everybody acts as admin.
    None,
    /// The gateway itself, for personas that anyone may be; who shows no token acts as admin.
    Demo {
        /// Replicas with the same seed take each other's tokens.
        seed: String,
    },
    /// An issuer that speaks `OpenID` Connect.
    Oidc(IssuerSettings),
}

/// What keeps sign-in from starting.
#[derive(Debug, thiserror::Error)]
pub enum AuthError {
    /// A setting is missing or wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Somebody may have switched it on by accident.
    #[error(
        "AUTH_PROVIDER is Demo, which lets everybody do everything; if that is meant, set \
         DEMO_IDENTITY=allowed as well (gateway.auth.allowDemo: true)"
    )]
    DemoNotAllowed,
    /// The demo's key cannot be made.
    #[error("making the demo's key: {0}")]
    DemoKey(#[from] aws_lc_rs::error::KeyRejected),
    /// The client that asks the issuer cannot be made.
    #[error("making the HTTP client for the issuer: {0}")]
    Client(#[from] reqwest::Error),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Provider {
    None,
    Demo,
    Oidc,
}

impl FromStr for Provider {
    type Err = &'static str;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        match name {
            "None" => Ok(Self::None),
            "Demo" => Ok(Self::Demo),
            "OIDC" => Ok(Self::Oidc),
            _ => Err("it has to be None, Demo or OIDC"),
        }
    }
}

impl AuthSettings {
    /// From `AUTH_PROVIDER` and the variables that belong to it.
    ///
    /// # Errors
    /// When one is missing or makes no sense, or Demo is not allowed.
    pub fn from_environment() -> Result<Self, AuthError> {
        Ok(match config::optional("AUTH_PROVIDER", Provider::None)? {
            Provider::None => Self::None,
            Provider::Demo => {
                let allowed: String = config::optional("DEMO_IDENTITY", String::new())?;
                if allowed != "allowed" {
                    return Err(AuthError::DemoNotAllowed);
                }
                let platform: String = config::optional("PLATFORM", "food-delivery".to_owned())?;
                Self::Demo {
                    seed: config::optional("DEMO_KEY_SEED", platform)?,
                }
            }
            Provider::Oidc => {
                let issuer = config::required("OIDC_ISSUER", "https://id.example.com/realms/food-delivery")?;
                let audience = config::required("OIDC_AUDIENCE", "food-delivery")?;
                let usual = IssuerSettings::new(issuer, audience);
                let seconds = |name, usual: Duration| -> Result<Duration, ConfigError> {
                    Ok(Duration::from_secs(config::optional(name, usual.as_secs())?))
                };
                Self::Oidc(IssuerSettings {
                    roles_claim: config::maybe("OIDC_ROLES_CLAIM")?,
                    clock_skew: seconds("CLOCK_SKEW", usual.clock_skew)?,
                    refresh: seconds("OIDC_REFRESH_SECONDS", usual.refresh)?.max(usual.pause),
                    keep: seconds("OIDC_KEEP_KEYS_SECONDS", usual.keep)?,
                    ..usual
                })
            }
        })
    }
}

impl AuthSettings {
    /// How many requests a second one client may make if nobody says; 0 is no limit. Without sign-in the shop is one's
    /// own, and load tests run against it.
    pub fn usual_rate(&self) -> u32 {
        match self {
            Self::None | Self::Demo { .. } => 0,
            Self::Oidc(_) => 50,
        }
    }
}

/// Who is asking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Identity {
    /// Nobody has to sign in: everybody acts as admin.
    Everybody,
    /// Someone whose token is good.
    Known(Vouched),
    /// Someone without a token.
    Stranger,
}

/// What is known of who is asking before anybody else is asked.
pub(crate) enum Recognised<'a> {
    /// Everything.
    Settled(Result<Identity, Refusal>),
    /// The key of this token is not known: see [`Authentication::look_up`].
    NewKey(&'a str),
}

/// Sign-in at work.
#[derive(Clone)]
pub struct Authentication(Arc<Means>);

enum Means {
    None,
    Demo(Demo),
    Oidc(Arc<Issuer>),
}

impl Authentication {
    /// What `settings` ask for; how the issuer is doing is among the checks in `health`. Nothing is asked of the issuer
    /// yet, and the gateway starts whether or not it answers: see [`Self::keep_up`].
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn new(settings: AuthSettings, health: &Health) -> Result<Self, AuthError> {
        Ok(Self(Arc::new(match settings {
            AuthSettings::None => {
                tracing::warn!("there is no sign-in: everybody acts as admin");
                Means::None
            }
            AuthSettings::Demo { seed } => {
                tracing::warn!("demo sign-in: who shows no token acts as admin, and anyone gets any token");
                Means::Demo(Demo::new(&seed)?)
            }
            AuthSettings::Oidc(settings) => {
                tracing::info!(issuer = %settings.issuer, audience = %settings.audience, "sign-in by tokens");
                Means::Oidc(Arc::new(Issuer::new(settings, health.informative("issuer"))?))
            }
        })))
    }

    /// Keeps what is known of the issuer up to date until `stop` fires.
    pub async fn keep_up(self, stop: CancellationToken) {
        match self.0.as_ref() {
            Means::Oidc(issuer) => issuer.clone().keep_up(stop).await,
            Means::None | Means::Demo(_) => stop.cancelled().await,
        }
    }

    /// Who is asking, by the request's headers and what is known here.
    pub(crate) fn recognise<'a>(&self, headers: &'a HeaderMap) -> Recognised<'a> {
        let unknown = match self.0.as_ref() {
            Means::Oidc(_) => Identity::Stranger,
            Means::None | Means::Demo(_) => Identity::Everybody,
        };
        let vouched = match (self.0.as_ref(), bearer(headers)) {
            (Means::None, _) | (_, Ok(None)) => return Recognised::Settled(Ok(unknown)),
            (_, Err(refusal)) => Err(refusal),
            (Means::Demo(demo), Ok(Some(token))) => demo.identify(token),
            (Means::Oidc(issuer), Ok(Some(token))) => match issuer.recognise(token) {
                Ok(None) => return Recognised::NewKey(token),
                Ok(Some(vouched)) => Ok(vouched),
                Err(refusal) => Err(refusal),
            },
        };
        Recognised::Settled(counted(vouched))
    }

    /// Who is asking with a `token` whose key the issuer has to be asked for.
    ///
    /// # Errors
    /// When the token is not good, or nobody can tell.
    pub(crate) async fn look_up(&self, token: &str) -> Result<Identity, Refusal> {
        counted(match self.0.as_ref() {
            Means::Oidc(issuer) => issuer.identify(token).await,
            Means::None | Means::Demo(_) => Err(Refusal::UnknownKey),
        })
    }

    /// Whether the gateway gives out tokens itself.
    pub(crate) fn is_demo(&self) -> bool {
        matches!(*self.0, Means::Demo(_))
    }

    /// A token of the demo; `None` when this is no demo.
    pub(crate) fn demo_token(&self, wish: &TokenWish) -> Option<Token> {
        match self.0.as_ref() {
            Means::Demo(demo) => Some(demo.token(wish)),
            Means::None | Means::Oidc(_) => None,
        }
    }
}

/// Counts a token that was looked at.
fn counted(vouched: Result<Vouched, Refusal>) -> Result<Identity, Refusal> {
    let refusal = vouched.as_ref().err();
    let outcome = refusal.map_or("accepted", |refusal| refusal.slug());
    metrics::counter!("gateway_tokens_total", "outcome" => outcome).increment(1);
    vouched.map(Identity::Known)
}

/// The token of `Authorization: Bearer …`, if there is one. Other schemes are not ours.
fn bearer(headers: &HeaderMap) -> Result<Option<&str>, Refusal> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let Some(value) = values.next() else {
        return Ok(None);
    };
    let text = value.to_str().map_err(|_| Refusal::Malformed)?;
    let (scheme, token) = text.split_once(' ').unwrap_or((text, ""));
    if values.next().is_some() || !scheme.eq_ignore_ascii_case("bearer") || token.trim().is_empty() {
        return Err(Refusal::Malformed);
    }
    Ok(Some(token.trim()))
}
