//! The client that sends messages through Kakao.

use super::error::{KakaoError, describe};
use super::response::{self, KakaoResponse};
use super::settings::{self, KakaoSettings};
use super::template;
use super::tokens::Tokens;
use crate::application::ports::{Message, Messenger};
use crate::domain::{SendResult, is_sending_account};
use async_trait::async_trait;
use reqwest::{Client, RequestBuilder, StatusCode, Url, header};
use serde_json::json;
use sqlx::PgPool;
use std::sync::Arc;
use std::time::Duration;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// The pause in sending after a failure to get an access token.
const WITHOUT_TOKEN: Duration = Duration::from_secs(5);

/// A client of Kakao's message API.
pub struct Kakao {
    http: Client,
    to_friends: Url,
    to_me: Url,
    deadline: Duration,
    public_url: Option<String>,
    tokens: Arc<Tokens>,
}

impl Kakao {
    /// A client that stores its tokens in the database of `pool`.
    ///
    /// # Errors
    /// When a URL is not valid.
    pub fn new(settings: KakaoSettings, pool: PgPool) -> Result<Self, KakaoError> {
        let api = |path| settings::endpoint("KAKAO_API_URL", &settings.api_url, path);
        let http = Client::builder()
            .no_proxy()
            .connect_timeout(CONNECT_TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            // Only our own code decides whether a message is sent again.
            .retry(reqwest::retry::never())
            // If Kakao closes an idle connection just as it is used, a message becomes unknown: always open a new one.
            .pool_max_idle_per_host(0)
            .build()?;
        Ok(Self {
            to_friends: api("/v1/api/talk/friends/message/default/send")?,
            to_me: api("/v2/api/talk/memo/default/send")?,
            deadline: settings.deadline,
            public_url: settings.public_url.clone(),
            tokens: Arc::new(Tokens::new(http.clone(), settings, pool)?),
            http,
        })
    }

    fn request(&self, message: &Message, token: &str) -> RequestBuilder {
        let template = template::text(message, self.public_url.as_deref()).to_string();
        let (url, form) = if is_sending_account(&message.receiver) {
            (&self.to_me, vec![("template_object", template)])
        } else {
            let receivers = json!([message.receiver]).to_string();
            let form = vec![("receiver_uuids", receivers), ("template_object", template)];
            (&self.to_friends, form)
        };
        self.http
            .post(url.clone())
            .timeout(self.deadline)
            .bearer_auth(token)
            .form(&form)
    }

    async fn post(&self, message: &Message, token: &str) -> KakaoResponse {
        let response = match self.request(message, token).send().await {
            Ok(response) => response,
            // Without a connection nothing was sent.
            Err(error) if error.is_connect() || error.is_builder() => {
                return KakaoResponse::Result(SendResult::all_blocked(describe(&error), Duration::ZERO));
            }
            Err(error) => return KakaoResponse::Result(SendResult::Unknown(describe(&error))),
        };
        let (status, retry_after) = (response.status(), retry_after(&response));
        match response.bytes().await {
            Ok(body) => response::interpret(status, retry_after, &body, &message.receiver),
            Err(_) if status == StatusCode::UNAUTHORIZED => KakaoResponse::InvalidToken("401".to_owned()),
            Err(error) => KakaoResponse::Result(SendResult::Unknown(describe(&error))),
        }
    }
}

#[async_trait]
impl Messenger for Kakao {
    async fn send(&self, message: &Message) -> SendResult {
        let mut rejected = None;
        // A rejected token may only have expired, so one retry with a new one makes sense.
        for _ in 0..2 {
            let token = match self.tokens.access(rejected.take()).await {
                Ok(token) => token,
                Err(error) => return SendResult::all_blocked(error.to_string(), WITHOUT_TOKEN),
            };
            match self.post(message, &token).await {
                KakaoResponse::Result(result) => return result,
                KakaoResponse::InvalidToken(reason) => {
                    tracing::info!(%reason, "Kakao has refused the access token");
                    rejected = Some(token);
                }
            }
        }
        SendResult::all_blocked(
            "Kakao refuses even a new access token; see whether the app and its keys still belong together"
                .into(),
            WITHOUT_TOKEN,
        )
    }
}

fn retry_after(response: &reqwest::Response) -> Option<Duration> {
    let seconds = response.headers().get(header::RETRY_AFTER)?.to_str().ok()?;
    seconds.trim().parse().ok().map(Duration::from_secs)
}
