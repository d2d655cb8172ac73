//! The settings of authentication, read from the environment.

use crate::layers::authentication::issuer::IssuerSettings;
use fdp_kit::config::{self, ConfigError};
use std::str::FromStr;
use std::time::Duration;

/// How clients sign in.
#[derive(Debug, Clone)]
pub enum AuthSettings {
    /// There is no sign-in: every request acts as admin.
    None,
    /// The gateway issues tokens itself, of personas that anybody may use; a request without a token acts as admin.
    Demo {
        /// Replicas with the same seed accept each other's tokens.
        seed: String,
    },
    /// Tokens of an `OpenID` Connect issuer.
    Oidc(IssuerSettings),
}

/// Why authentication cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum AuthError {
    /// A setting is missing or invalid.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Demo has to be allowed explicitly, because it may have been enabled by accident.
    #[error(
        "AUTH_PROVIDER is Demo, which lets everybody do everything; if that is meant, set \
         DEMO_IDENTITY=allowed as well (gateway.auth.allowDemo: true)"
    )]
    DemoNotAllowed,
    /// The key of the demo cannot be created.
    #[error("making the demo's key: {0}")]
    DemoKey(#[from] aws_lc_rs::error::KeyRejected),
    /// The HTTP client of the issuer cannot be created.
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
    /// Reads `AUTH_PROVIDER` and the variables that belong to it.
    ///
    /// # Errors
    /// When one is missing or invalid, or Demo is not allowed.
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
                let defaults = IssuerSettings::new(issuer, audience);
                let seconds = |name, default: Duration| -> Result<Duration, ConfigError> {
                    Ok(Duration::from_secs(config::optional(name, default.as_secs())?))
                };
                Self::Oidc(IssuerSettings {
                    roles_claim: config::maybe("OIDC_ROLES_CLAIM")?,
                    clock_skew: seconds("CLOCK_SKEW", defaults.clock_skew)?,
                    refresh: seconds("OIDC_REFRESH_SECONDS", defaults.refresh)?.max(defaults.pause),
                    keep: seconds("OIDC_KEEP_KEYS_SECONDS", defaults.keep)?,
                    ..defaults
                })
            }
        })
    }

    /// The default number of requests per second of one client; 0 means no limit. A platform without sign-in is for
    /// development and load tests.
    pub fn default_rate(&self) -> u32 {
        match self {
            Self::None | Self::Demo { .. } => 0,
            Self::Oidc(_) => 50,
        }
    }
}
