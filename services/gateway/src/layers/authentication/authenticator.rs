//! Authenticates requests, with the mechanism that the platform is configured with.

use crate::layers::authentication::demo::{Demo, Token, TokenRequest};
use crate::layers::authentication::issuer::Issuer;
use crate::layers::authentication::settings::{AuthError, AuthSettings};
use crate::layers::authentication::token::VerifiedToken;
use crate::layers::authentication::token_error::TokenError;
use fdp_kit::Health;
use http::{HeaderMap, header};
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// Who sent a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Identity {
    /// There is no sign-in, so the request acts as admin.
    Unrestricted,
    /// A client with a valid token.
    Authenticated(VerifiedToken),
    /// A client without a token.
    Anonymous,
}

/// The result of authentication with the keys that are known.
pub(crate) enum Identification<'a> {
    /// The client is identified, or its token is invalid.
    Complete(Result<Identity, TokenError>),
    /// The key of this token is not known: see [`Authentication::look_up`].
    UnknownKey(&'a str),
}

/// Authenticates requests.
#[derive(Clone)]
pub struct Authentication(Arc<Mechanism>);

enum Mechanism {
    None,
    Demo(Demo),
    Oidc(Arc<Issuer>),
}

impl Authentication {
    /// Sets up authentication; `health` shows whether the issuer is reachable. No request is sent to the issuer yet, and
    /// the gateway starts whether or not it is reachable: see [`Self::refresh_keys`].
    ///
    /// # Errors
    /// When it cannot be set up.
    pub fn new(settings: AuthSettings, health: &Health) -> Result<Self, AuthError> {
        Ok(Self(Arc::new(match settings {
            AuthSettings::None => {
                tracing::warn!("there is no sign-in: everybody acts as admin");
                Mechanism::None
            }
            AuthSettings::Demo { seed } => {
                tracing::warn!("demo sign-in: who shows no token acts as admin, and anyone gets any token");
                Mechanism::Demo(Demo::new(&seed)?)
            }
            AuthSettings::Oidc(settings) => {
                tracing::info!(issuer = %settings.issuer, audience = %settings.audience, "sign-in by tokens");
                Mechanism::Oidc(Arc::new(Issuer::new(settings, health.informative("issuer"))?))
            }
        })))
    }

    /// Keeps the keys of the issuer up to date until `stop` fires.
    pub async fn refresh_keys(self, stop: CancellationToken) {
        match self.0.as_ref() {
            Mechanism::Oidc(issuer) => issuer.clone().refresh_keys(stop).await,
            Mechanism::None | Mechanism::Demo(_) => stop.cancelled().await,
        }
    }

    /// Identifies the client by the headers of its request and the known keys.
    pub(crate) fn identify<'a>(&self, headers: &'a HeaderMap) -> Identification<'a> {
        let unknown = match self.0.as_ref() {
            Mechanism::Oidc(_) => Identity::Anonymous,
            Mechanism::None | Mechanism::Demo(_) => Identity::Unrestricted,
        };
        let verified = match (self.0.as_ref(), bearer(headers)) {
            (Mechanism::None, _) | (_, Ok(None)) => return Identification::Complete(Ok(unknown)),
            (_, Err(error)) => Err(error),
            (Mechanism::Demo(demo), Ok(Some(token))) => demo.verify(token),
            (Mechanism::Oidc(issuer), Ok(Some(token))) => match issuer.verify_cached(token) {
                Ok(None) => return Identification::UnknownKey(token),
                Ok(Some(verified)) => Ok(verified),
                Err(error) => Err(error),
            },
        };
        Identification::Complete(counted(verified))
    }

    /// Identifies the client of a `token` whose key has to be looked up at the issuer.
    ///
    /// # Errors
    /// When the token is invalid, or the issuer is unreachable.
    pub(crate) async fn look_up(&self, token: &str) -> Result<Identity, TokenError> {
        counted(match self.0.as_ref() {
            Mechanism::Oidc(issuer) => issuer.verify(token).await,
            Mechanism::None | Mechanism::Demo(_) => Err(TokenError::UnknownKey),
        })
    }

    /// Whether the gateway issues tokens itself.
    pub(crate) fn is_demo(&self) -> bool {
        matches!(*self.0, Mechanism::Demo(_))
    }

    /// A token of the demo; `None` without a demo.
    pub(crate) fn demo_token(&self, request: &TokenRequest) -> Option<Token> {
        match self.0.as_ref() {
            Mechanism::Demo(demo) => Some(demo.token(request)),
            Mechanism::None | Mechanism::Oidc(_) => None,
        }
    }
}

/// Counts a verified or rejected token.
fn counted(verified: Result<VerifiedToken, TokenError>) -> Result<Identity, TokenError> {
    let error = verified.as_ref().err();
    let outcome = error.map_or("accepted", |error| error.slug());
    metrics::counter!("gateway_tokens_total", "outcome" => outcome).increment(1);
    verified.map(Identity::Authenticated)
}

/// The token of `Authorization: Bearer …`, if there is one. Other schemes are not supported.
fn bearer(headers: &HeaderMap) -> Result<Option<&str>, TokenError> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let Some(value) = values.next() else {
        return Ok(None);
    };
    let text = value.to_str().map_err(|_| TokenError::Malformed)?;
    let (scheme, token) = text.split_once(' ').unwrap_or((text, ""));
    if values.next().is_some() || !scheme.eq_ignore_ascii_case("bearer") || token.trim().is_empty() {
        return Err(TokenError::Malformed);
    }
    Ok(Some(token.trim()))
}
