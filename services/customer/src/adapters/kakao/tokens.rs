//! Access tokens for Kakao's API, renewed before they expire or when Kakao rejects them.

use super::error::{KakaoError, describe};
use super::settings::{KakaoSettings, endpoint};
use crate::adapters::storage::kakao_tokens;
use chrono::{DateTime, TimeDelta, Utc};
use reqwest::{Client, Response, StatusCode, Url};
use serde::Deserialize;
use sqlx::PgPool;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};
use tracing::Instrument as _;

const REFRESH_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a caller waits for a token. A refresh that takes longer continues in the background.
const ACCESS_TIMEOUT: Duration = Duration::from_secs(8);
/// After a failed refresh, callers get the same error for this long, and Kakao is not called.
const FAILURE_TTL: Duration = Duration::from_secs(2);
/// A token that expires sooner than this is not used.
const EXPIRY_MARGIN: TimeDelta = TimeDelta::seconds(30);

/// Why there is no access token.
#[derive(Debug, thiserror::Error)]
pub(super) enum TokenError {
    #[error("reading or keeping Kakao's tokens in the database: {0}")]
    Database(#[from] sqlx::Error),
    #[error("asking Kakao for a new access token: {0}")]
    Unreachable(String),
    #[error(
        "Kakao gives no new access token ({0}); if its refresh token has expired, let the sending account sign in \
         to the app again and set KAKAO_REFRESH_TOKEN"
    )]
    Rejected(String),
    #[error("getting an access token from Kakao or the database takes longer than {} s", ACCESS_TIMEOUT.as_secs())]
    Timeout,
    #[error("getting an access token from Kakao was cut short")]
    Cancelled,
}

/// An access token, and when it expires.
type Access = (String, DateTime<Utc>);

pub(super) struct Tokens {
    http: Client,
    url: Url,
    settings: KakaoSettings,
    pool: PgPool,
    cache: Mutex<Cache>,
}

#[derive(Default)]
struct Cache {
    access: Option<Access>,
    /// When the last refresh failed, and why.
    failure: Option<(Instant, Arc<TokenError>)>,
}

#[derive(Deserialize)]
struct TokenResponse {
    access_token: String,
    expires_in: i64,
    /// Only present when the refresh token expires within a month; the old one is void then.
    refresh_token: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct ErrorResponse {
    error: String,
    error_description: String,
    error_code: String,
}

impl Tokens {
    pub(super) fn new(http: Client, settings: KakaoSettings, pool: PgPool) -> Result<Self, KakaoError> {
        Ok(Self {
            http,
            url: endpoint("KAKAO_AUTH_URL", &settings.auth_url, "/oauth/token")?,
            settings,
            pool,
            cache: Mutex::default(),
        })
    }

    /// A valid access token that is not the `rejected` one: from the cache, from another replica, or a new one. The
    /// work runs in a task of its own, so that a granted token is saved even if the caller has stopped waiting.
    pub(super) async fn access(
        self: &Arc<Self>,
        rejected: Option<String>,
    ) -> Result<String, Arc<TokenError>> {
        let tokens = Arc::clone(self);
        let work = async move { tokens.get(rejected.as_deref()).await };
        match timeout(ACCESS_TIMEOUT, tokio::spawn(work.in_current_span())).await {
            Ok(Ok(access)) => access,
            Ok(Err(_)) => Err(Arc::new(TokenError::Cancelled)),
            Err(_) => Err(Arc::new(TokenError::Timeout)),
        }
    }

    async fn get(&self, rejected: Option<&str>) -> Result<String, Arc<TokenError>> {
        let mut cache = self.cache.lock().await;
        if let Some((token, _)) = usable(cache.access.as_ref(), rejected) {
            return Ok(token.clone());
        }
        if let Some((at, error)) = &cache.failure
            && at.elapsed() < FAILURE_TTL
        {
            return Err(Arc::clone(error));
        }
        match self.renew(rejected).await {
            Ok((token, expires_at)) => {
                *cache = Cache {
                    access: Some((token.clone(), expires_at)),
                    failure: None,
                };
                Ok(token)
            }
            Err(error) => {
                let error = Arc::new(error);
                cache.failure = Some((Instant::now(), Arc::clone(&error)));
                Err(error)
            }
        }
    }

    /// The token that another replica has saved, or a new one.
    async fn renew(&self, rejected: Option<&str>) -> Result<Access, TokenError> {
        let settings = &self.settings;
        let (mut transaction, mut saved) =
            kakao_tokens::lock(&self.pool, &settings.rest_api_key, &settings.refresh_token).await?;
        if let Some(access) = usable(saved.access.as_ref(), rejected).cloned() {
            transaction.commit().await?;
            return Ok(access);
        }
        let granted = self.refresh(&saved.refresh).await?;
        let expires_at = Utc::now() + TimeDelta::seconds(granted.expires_in.clamp(0, 86_400));
        let access = (granted.access_token, expires_at);
        saved.access = Some(access.clone());
        if let Some(replacement) = granted.refresh_token {
            tracing::info!("Kakao has replaced the refresh token; the new one is kept");
            saved.refresh = replacement;
        }
        kakao_tokens::save(&mut transaction, &settings.rest_api_key, &saved).await?;
        transaction.commit().await?;
        Ok(access)
    }

    async fn refresh(&self, refresh_token: &str) -> Result<TokenResponse, TokenError> {
        let mut form = vec![
            ("grant_type", "refresh_token"),
            ("client_id", &self.settings.rest_api_key),
            ("refresh_token", refresh_token),
        ];
        if let Some(secret) = &self.settings.client_secret {
            form.push(("client_secret", secret));
        }
        let unreachable = |error: reqwest::Error| TokenError::Unreachable(describe(&error));
        let response = self
            .http
            .post(self.url.clone())
            .timeout(REFRESH_TIMEOUT)
            .form(&form)
            .send()
            .await
            .map_err(unreachable)?;
        if response.status() == StatusCode::OK {
            return response.json().await.map_err(unreachable);
        }
        Err(rejection(response).await)
    }
}

/// The token, if it is valid for long enough and was not rejected.
fn usable<'a>(access: Option<&'a Access>, rejected: Option<&str>) -> Option<&'a Access> {
    access.filter(|(token, expires_at)| {
        Some(token.as_str()) != rejected && *expires_at > Utc::now() + EXPIRY_MARGIN
    })
}

async fn rejection(response: Response) -> TokenError {
    let status = response.status();
    let body = response.json::<ErrorResponse>().await.unwrap_or_default();
    let reason = format!(
        "{status} {} {} {}",
        body.error, body.error_code, body.error_description
    );
    if status.is_client_error() && status != StatusCode::TOO_MANY_REQUESTS {
        return TokenError::Rejected(reason.trim().to_owned());
    }
    TokenError::Unreachable(reason.trim().to_owned())
}
