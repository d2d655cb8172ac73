//! The `KakaoTalk` message API of Kakao Developers (<https://developers.kakao.com/docs/latest/en/kakaotalk-message/rest-api>).
//!
//! Messages go from the one Kakao account that has signed in to this platform's app to its friends there.

mod answer;
mod settings;
mod template;
mod tokens;

pub use settings::KakaoSettings;

use crate::app::ports::{Message, Messenger};
use crate::domain::{Answer, Refusal};
use answer::Verdict;
use async_trait::async_trait;
use reqwest::{Client, RequestBuilder, StatusCode, Url, header};
use serde_json::json;
use sqlx::PgPool;
use std::error::Error;
use std::sync::Arc;
use std::time::Duration;
use tokens::Tokens;

/// The id of the sending account itself: its messages go to its own chatroom, which needs no permission from Kakao.
pub(crate) const ME: &str = "me";
const CONNECT: Duration = Duration::from_secs(3);
/// How long nothing is sent while there is no token to send it with.
const WITHOUT_TOKEN: Duration = Duration::from_secs(5);

/// What keeps the client from being made.
#[derive(Debug, thiserror::Error)]
pub enum KakaoError {
    /// A base URL is none.
    #[error("{variable} is '{given}', and should look like {example}: {reason}")]
    Url {
        /// The variable.
        variable: &'static str,
        /// What was given.
        given: String,
        /// What a value looks like.
        example: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// The HTTP client refuses its settings.
    #[error("making an HTTP client for Kakao: {0}")]
    Client(#[from] reqwest::Error),
}

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
    /// A client that keeps its tokens in the database behind `pool`.
    ///
    /// # Errors
    /// When a URL is none.
    pub fn new(settings: KakaoSettings, pool: PgPool) -> Result<Self, KakaoError> {
        let api = |path| settings::endpoint("KAKAO_API_URL", &settings.api_url, path);
        let http = Client::builder()
            .no_proxy()
            .connect_timeout(CONNECT)
            .redirect(reqwest::redirect::Policy::none())
            // A message must not be sent again by anyone but us.
            .retry(reqwest::retry::never())
            // A kept connection that Kakao closes just as it is used leaves a message unknown: rather connect anew.
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
        let (url, form) = if message.receiver == ME {
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

    async fn ask(&self, message: &Message, token: &str) -> Verdict {
        let response = match self.request(message, token).send().await {
            Ok(response) => response,
            // Without a connection no byte of the message has left.
            Err(error) if error.is_connect() || error.is_builder() => {
                return Verdict::Final(Answer::NotYet(Refusal {
                    reason: chain(&error),
                    wait: Duration::ZERO,
                    everyone: true,
                }));
            }
            Err(error) => return Verdict::Final(Answer::Unknown(chain(&error))),
        };
        let (status, retry_after) = (response.status(), retry_after(&response));
        match response.bytes().await {
            Ok(body) => answer::judge(status, retry_after, &body, &message.receiver),
            Err(_) if status == StatusCode::UNAUTHORIZED => Verdict::TokenRefused("401".to_owned()),
            Err(error) => Verdict::Final(Answer::Unknown(chain(&error))),
        }
    }
}

#[async_trait]
impl Messenger for Kakao {
    async fn send(&self, message: &Message) -> Answer {
        let mut refused = None;
        // A refused token may only have expired, so that one more try with a new one is worth it.
        for _ in 0..2 {
            let token = match self.tokens.access(refused.take()).await {
                Ok(token) => token,
                Err(error) => return not_now(error.to_string()),
            };
            match self.ask(message, &token).await {
                Verdict::Final(answer) => return answer,
                Verdict::TokenRefused(reason) => {
                    tracing::info!(%reason, "Kakao has refused the access token");
                    refused = Some(token);
                }
            }
        }
        not_now(
            "Kakao refuses even a new access token; see whether the app and its keys still belong together"
                .into(),
        )
    }
}

fn not_now(reason: String) -> Answer {
    Answer::NotYet(Refusal {
        reason,
        wait: WITHOUT_TOKEN,
        everyone: true,
    })
}

fn retry_after(response: &reqwest::Response) -> Option<Duration> {
    let seconds = response.headers().get(header::RETRY_AFTER)?.to_str().ok()?;
    seconds.trim().parse().ok().map(Duration::from_secs)
}

/// An error and its causes on one line, without the URL.
fn chain(error: &reqwest::Error) -> String {
    let mut words = String::from("asking Kakao");
    let mut cause = error.source();
    if error.is_timeout() {
        words.push_str(": no answer in time");
    }
    while let Some(next) = cause {
        words = format!("{words}: {next}");
        cause = next.source();
    }
    words
}
