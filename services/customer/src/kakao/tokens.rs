//! Access tokens for Kakao's API, asked for anew before they expire or when they are refused.

use super::settings::{KakaoSettings, endpoint};
use super::{KakaoError, chain};
use crate::store::tokens;
use chrono::{DateTime, TimeDelta, Utc};
use reqwest::{Client, Response, StatusCode, Url};
use serde::Deserialize;
use sqlx::PgPool;
use std::time::Duration;
use tokio::sync::Mutex;

const DEADLINE: Duration = Duration::from_secs(5);
/// A token is not used in the last moments of its life.
const MARGIN: TimeDelta = TimeDelta::seconds(30);

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
    Refused(String),
}

pub(super) struct Tokens {
    http: Client,
    url: Url,
    settings: KakaoSettings,
    pool: PgPool,
    known: Mutex<Option<(String, DateTime<Utc>)>>,
}

#[derive(Deserialize)]
struct Granted {
    access_token: String,
    expires_in: i64,
    /// Only there when the refresh token has less than a month to live; the old one is then void.
    refresh_token: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Refused {
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
            known: Mutex::new(None),
        })
    }

    /// An access token that is worth trying, and that is not the `refused` one: one that is at hand, one that another
    /// replica has got, or a new one.
    pub(super) async fn access(&self, refused: Option<&str>) -> Result<String, TokenError> {
        let usable = |token: &Option<(String, DateTime<Utc>)>| {
            token
                .as_ref()
                .filter(|(token, expires_at)| {
                    Some(token.as_str()) != refused && *expires_at > Utc::now() + MARGIN
                })
                .map(|(token, _)| token.clone())
        };
        let mut known = self.known.lock().await;
        if let Some(token) = usable(&known) {
            return Ok(token);
        }
        let settings = &self.settings;
        let (mut transaction, mut kept) =
            tokens::lock(&self.pool, &settings.rest_api_key, &settings.refresh_token).await?;
        if usable(&kept.access).is_none() {
            let granted = self.refresh(&kept.refresh).await?;
            let expires_at = Utc::now() + TimeDelta::seconds(granted.expires_in.clamp(0, 86_400));
            kept.access = Some((granted.access_token, expires_at));
            if let Some(replacement) = granted.refresh_token {
                tracing::info!("Kakao has replaced the refresh token; the new one is kept");
                kept.refresh = replacement;
            }
            tokens::save(&mut transaction, &settings.rest_api_key, &kept).await?;
        }
        transaction.commit().await?;
        let token = kept.access.as_ref().map(|(token, _)| token.clone());
        *known = kept.access;
        // There is one in either case.
        token.ok_or_else(|| TokenError::Refused("it named no token".to_owned()))
    }

    async fn refresh(&self, refresh_token: &str) -> Result<Granted, TokenError> {
        let mut form = vec![
            ("grant_type", "refresh_token"),
            ("client_id", &self.settings.rest_api_key),
            ("refresh_token", refresh_token),
        ];
        if let Some(secret) = &self.settings.client_secret {
            form.push(("client_secret", secret));
        }
        let unreachable = |error: reqwest::Error| TokenError::Unreachable(chain(&error));
        let response = self
            .http
            .post(self.url.clone())
            .timeout(DEADLINE)
            .form(&form)
            .send()
            .await
            .map_err(unreachable)?;
        if response.status() == StatusCode::OK {
            return response.json().await.map_err(unreachable);
        }
        Err(refusal(response).await)
    }
}

async fn refusal(response: Response) -> TokenError {
    let status = response.status();
    let words = response.json::<Refused>().await.unwrap_or_default();
    let reason = format!(
        "{status} {} {} {}",
        words.error, words.error_code, words.error_description
    );
    if status.is_client_error() && status != StatusCode::TOO_MANY_REQUESTS {
        return TokenError::Refused(reason.trim().to_owned());
    }
    TokenError::Unreachable(reason.trim().to_owned())
}
