//! Settings of the Kakao client: our app's credentials, and Kakao's URLs.

use super::error::KakaoError;
use fdp_kit::config::{self, ConfigError};
use reqwest::Url;
use std::time::Duration;

/// Settings of the Kakao client. It has no `Debug`, so that its secrets never reach a log.
pub struct KakaoSettings {
    /// The app's REST API key (its OAuth client id).
    pub rest_api_key: String,
    /// The app's client secret, if it is switched on.
    pub client_secret: Option<String>,
    /// The refresh token of the account that sends, which has agreed to `talk_message` and `friends`.
    pub refresh_token: String,
    /// Base URL of the API.
    pub api_url: String,
    /// Base URL of Kakao's authorization server.
    pub auth_url: String,
    /// How long one message may take.
    pub deadline: Duration,
    /// Base URL of the platform's pages; without it, messages have no link. Kakao opens only links to
    /// domains that are registered for the app.
    pub public_url: Option<String>,
}

impl KakaoSettings {
    /// Reads `KAKAO_REST_API_KEY`, `KAKAO_REFRESH_TOKEN`, `KAKAO_CLIENT_SECRET`, `KAKAO_API_URL`,
    /// `KAKAO_AUTH_URL`, `KAKAO_DEADLINE_MS` and `PUBLIC_URL`; `None` when there is no REST API key.
    ///
    /// # Errors
    /// When there is a key and no refresh token, or a setting cannot be read.
    pub fn from_environment() -> Result<Option<Self>, ConfigError> {
        let Some(rest_api_key) = config::maybe("KAKAO_REST_API_KEY")? else {
            return Ok(None);
        };
        let example = "the refresh token of the Kakao account that sends";
        Ok(Some(Self {
            rest_api_key,
            client_secret: config::maybe("KAKAO_CLIENT_SECRET")?,
            refresh_token: config::required("KAKAO_REFRESH_TOKEN", example)?,
            api_url: config::optional("KAKAO_API_URL", "https://kapi.kakao.com".to_owned())?,
            auth_url: config::optional("KAKAO_AUTH_URL", "https://kauth.kakao.com".to_owned())?,
            deadline: Duration::from_millis(config::optional("KAKAO_DEADLINE_MS", 10_000)?),
            public_url: config::maybe("PUBLIC_URL")?,
        }))
    }
}

/// The URL of an endpoint below the base URL that an environment variable sets.
pub(super) fn endpoint(variable: &'static str, base: &str, path: &str) -> Result<Url, KakaoError> {
    Url::parse(&format!("{}{path}", base.trim_end_matches('/'))).map_err(|error| KakaoError::Url {
        variable,
        given: base.to_owned(),
        example: "https://kapi.kakao.com",
        reason: error.to_string(),
    })
}
