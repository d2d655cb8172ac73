//! Access tokens for Kakao's API, asked for anew before they expire or when they are refused.

use super::settings::{KakaoSettings, endpoint};
use super::{KakaoError, chain};
use crate::store::tokens;
use chrono::{DateTime, TimeDelta, Utc};
use reqwest::{Client, Response, StatusCode, Url};
use serde::Deserialize;
use sqlx::PgPool;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};
use tracing::Instrument as _;

const DEADLINE: Duration = Duration::from_secs(5);
/// How long whoever needs a token waits for it. A refresh that takes longer goes on without them.
const PATIENCE: Duration = Duration::from_secs(8);
/// After a refresh has failed, those who wait for it or come so soon are told the same, and Kakao is left alone.
const REST: Duration = Duration::from_secs(2);
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
    #[error("getting an access token from Kakao or the database takes longer than {} s", PATIENCE.as_secs())]
    Slow,
    #[error("getting an access token from Kakao was cut short")]
    CutShort,
}

/// A token, and until when Kakao said it would take it.
type Access = (String, DateTime<Utc>);

pub(super) struct Tokens {
    http: Client,
    url: Url,
    settings: KakaoSettings,
    pool: PgPool,
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    access: Option<Access>,
    /// When the last refresh failed, and why.
    failure: Option<(Instant, Arc<TokenError>)>,
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
            known: Mutex::default(),
        })
    }

    /// An access token that is worth trying, and that is not the `refused` one: one that is at hand, one that another
    /// replica has got, or a new one. It is got by a task of its own, so that what Kakao has given is kept even when
    /// nobody waits for it any more.
    pub(super) async fn access(self: &Arc<Self>, refused: Option<String>) -> Result<String, Arc<TokenError>> {
        let tokens = Arc::clone(self);
        let work = async move { tokens.get(refused.as_deref()).await };
        match timeout(PATIENCE, tokio::spawn(work.in_current_span())).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) => Err(Arc::new(TokenError::CutShort)),
            Err(_) => Err(Arc::new(TokenError::Slow)),
        }
    }

    async fn get(&self, refused: Option<&str>) -> Result<String, Arc<TokenError>> {
        let mut known = self.known.lock().await;
        if let Some((token, _)) = usable(known.access.as_ref(), refused) {
            return Ok(token.clone());
        }
        if let Some((at, error)) = &known.failure
            && at.elapsed() < REST
        {
            return Err(Arc::clone(error));
        }
        match self.renew(refused).await {
            Ok((token, expires_at)) => {
                *known = Known {
                    access: Some((token.clone(), expires_at)),
                    failure: None,
                };
                Ok(token)
            }
            Err(error) => {
                let error = Arc::new(error);
                known.failure = Some((Instant::now(), Arc::clone(&error)));
                Err(error)
            }
        }
    }

    /// The token that another replica has got, or a new one.
    async fn renew(&self, refused: Option<&str>) -> Result<Access, TokenError> {
        let settings = &self.settings;
        let (mut transaction, mut kept) =
            tokens::lock(&self.pool, &settings.rest_api_key, &settings.refresh_token).await?;
        if let Some(access) = usable(kept.access.as_ref(), refused).cloned() {
            transaction.commit().await?;
            return Ok(access);
        }
        let granted = self.refresh(&kept.refresh).await?;
        let expires_at = Utc::now() + TimeDelta::seconds(granted.expires_in.clamp(0, 86_400));
        let access = (granted.access_token, expires_at);
        kept.access = Some(access.clone());
        if let Some(replacement) = granted.refresh_token {
            tracing::info!("Kakao has replaced the refresh token; the new one is kept");
            kept.refresh = replacement;
        }
        tokens::save(&mut transaction, &settings.rest_api_key, &kept).await?;
        transaction.commit().await?;
        Ok(access)
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

/// A token that is worth trying.
fn usable<'a>(access: Option<&'a Access>, refused: Option<&str>) -> Option<&'a Access> {
    access.filter(|(token, expires_at)| Some(token.as_str()) != refused && *expires_at > Utc::now() + MARGIN)
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
