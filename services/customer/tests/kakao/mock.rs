//! A mock of Kakao's two servers on the loopback interface, with scripted responses.

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Form, Json, Router};
use customer::adapters::kakao::KakaoSettings;
use serde_json::{Value, json};
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};
use tokio::net::TcpListener;
use tokio::sync::Notify;

pub(crate) const KEY: &str = "rest-api-key";
pub(crate) const SECRET: &str = "client-secret";
pub(crate) const REFRESH_TOKEN: &str = "refresh-token-0";
/// How long the clients of these tests wait for a response.
pub(crate) const DEADLINE: Duration = Duration::from_millis(400);

/// What the mock does with a message; `taken` messages reach their receiver.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Reply {
    Take,
    /// Rejects it with this status, code and `Retry-After` in seconds.
    Reject(u16, i64, Option<u64>),
    /// Responds with 500, whether the message was accepted or not.
    Fail {
        taken: bool,
    },
    /// Breaks the connection in the middle of the response.
    Break {
        taken: bool,
    },
    /// Never responds.
    Hang {
        taken: bool,
    },
}

/// A message that has reached its receiver.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Delivered {
    pub(crate) receiver: String,
    pub(crate) text: String,
    pub(crate) page: String,
}

#[derive(Default)]
pub(crate) struct Inside {
    /// Responses to the next messages; after them, `otherwise` is called.
    pub(crate) script: VecDeque<Reply>,
    pub(crate) otherwise: Option<Box<dyn FnMut() -> Reply + Send>>,
    /// Whether the next refresh replaces the refresh token.
    pub(crate) rotates: bool,
    pub(crate) delivered: Vec<Delivered>,
    /// When each message with a valid token arrived.
    pub(crate) requested_at: Vec<Instant>,
    /// How many tokens were granted.
    pub(crate) granted: u32,
    /// Whether tokens are granted but their responses held back until they are released.
    pub(crate) holds_tokens: bool,
    refresh_token: String,
    /// The currently valid token.
    pub(crate) access_token: String,
}

#[derive(Clone, Default)]
pub(crate) struct Mock {
    inside: Arc<Mutex<Inside>>,
    /// Releases the token responses that are held back.
    pub(crate) release_tokens: Arc<Notify>,
    address: String,
}

impl Mock {
    /// Listens on a free port.
    pub(crate) async fn start() -> Self {
        Self::on(TcpListener::bind("127.0.0.1:0").await.unwrap())
    }

    pub(crate) fn on(listener: TcpListener) -> Self {
        let mock = Self {
            address: format!("http://{}", listener.local_addr().unwrap()),
            inside: Arc::default(),
            release_tokens: Arc::default(),
        };
        REFRESH_TOKEN.clone_into(&mut mock.lock().refresh_token);
        let routes = Router::new()
            .route("/oauth/token", post(grant))
            .route("/v1/api/talk/friends/message/default/send", post(to_friends))
            .route("/v2/api/talk/memo/default/send", post(to_me))
            .with_state(mock.clone());
        tokio::spawn(async move { axum::serve(listener, routes).await });
        mock
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap()
    }

    /// Waits until a token was granted, whether its response is held back or not.
    pub(crate) async fn until_granted(&self) {
        while self.lock().granted == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    pub(crate) fn script(&self, replies: impl IntoIterator<Item = Reply>) {
        self.lock().script.extend(replies);
    }

    pub(crate) fn delivered(&self) -> Vec<Delivered> {
        self.lock().delivered.clone()
    }

    pub(crate) fn url(&self) -> &str {
        &self.address
    }

    pub(crate) fn settings(&self) -> KakaoSettings {
        settings(&self.address)
    }

    /// The response to a message.
    async fn message(
        &self,
        headers: &HeaderMap,
        receiver: &str,
        template: &str,
        taken_body: Value,
    ) -> Response {
        let reply = {
            let mut inside = self.lock();
            let bearer = format!("Bearer {}", inside.access_token);
            let authorized = headers
                .get("authorization")
                .is_some_and(|value| value == bearer.as_str());
            if !authorized {
                return rejected(401, -401, None);
            }
            inside.requested_at.push(Instant::now());
            let reply = match inside.script.pop_front() {
                Some(reply) => reply,
                None => inside.otherwise.as_mut().map_or(Reply::Take, |reply| reply()),
            };
            if let Reply::Take
            | Reply::Fail { taken: true }
            | Reply::Break { taken: true }
            | Reply::Hang { taken: true } = reply
            {
                let template: Value = serde_json::from_str(template).unwrap();
                assert_eq!(template["object_type"], "text");
                inside.delivered.push(Delivered {
                    receiver: receiver.to_owned(),
                    text: template["text"].as_str().unwrap().to_owned(),
                    page: template["link"]["mobile_web_url"].as_str().unwrap().to_owned(),
                });
            }
            if let Reply::Reject(401, ..) = reply {
                inside.access_token.clear();
            }
            reply
        };
        match reply {
            Reply::Take => Json(taken_body).into_response(),
            Reply::Reject(status, code, wait) => rejected(status, code, wait),
            Reply::Fail { .. } => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
            Reply::Break { .. } => {
                let broken = std::io::Error::other("cut by the test");
                let halves = [Ok(Bytes::from_static(b"{\"succ")), Err(broken)];
                Body::from_stream(futures::stream::iter(halves)).into_response()
            }
            Reply::Hang { .. } => std::future::pending().await,
        }
    }
}

pub(crate) fn settings(address: &str) -> KakaoSettings {
    KakaoSettings {
        rest_api_key: KEY.to_owned(),
        client_secret: Some(SECRET.to_owned()),
        refresh_token: REFRESH_TOKEN.to_owned(),
        api_url: address.to_owned(),
        auth_url: address.to_owned(),
        deadline: DEADLINE,
        public_url: Some("https://shop.example".to_owned()),
    }
}

fn rejected(status: u16, code: i64, wait: Option<u64>) -> Response {
    let body = json!({"code": code, "msg": "the test says so"});
    let mut response = (StatusCode::from_u16(status).unwrap(), Json(body)).into_response();
    if let Some(seconds) = wait {
        response.headers_mut().insert("retry-after", seconds.into());
    }
    response
}

type Fields = Form<BTreeMap<String, String>>;

async fn to_friends(State(mock): State<Mock>, headers: HeaderMap, Form(fields): Fields) -> Response {
    let receivers: Vec<String> = serde_json::from_str(&fields["receiver_uuids"]).unwrap();
    assert_eq!(receivers.len(), 1);
    let taken = json!({"successful_receiver_uuids": receivers});
    mock.message(&headers, &receivers[0], &fields["template_object"], taken)
        .await
}

async fn to_me(State(mock): State<Mock>, headers: HeaderMap, Form(fields): Fields) -> Response {
    let taken = json!({"result_code": 0});
    mock.message(&headers, "me", &fields["template_object"], taken)
        .await
}

async fn grant(State(mock): State<Mock>, Form(fields): Fields) -> Response {
    let response = granted(&mut mock.lock(), &fields);
    let held = mock.lock().holds_tokens;
    if held {
        mock.release_tokens.notified().await;
    }
    response
}

fn granted(inside: &mut Inside, fields: &BTreeMap<String, String>) -> Response {
    let expected = [
        ("grant_type", "refresh_token"),
        ("client_id", KEY),
        ("client_secret", SECRET),
        ("refresh_token", &inside.refresh_token),
    ];
    if expected
        .iter()
        .any(|(name, value)| fields.get(*name).is_none_or(|given| given != value))
    {
        let body = json!({"error": "invalid_grant", "error_code": "KOE322",
            "error_description": "expired_or_invalid_refresh_token"});
        return (StatusCode::BAD_REQUEST, Json(body)).into_response();
    }
    inside.granted += 1;
    inside.access_token = format!("access-token-{}", inside.granted);
    let mut body = json!({"token_type": "bearer", "access_token": inside.access_token, "expires_in": 21_599});
    if std::mem::take(&mut inside.rotates) {
        inside.refresh_token = format!("refresh-token-{}", inside.granted);
        body["refresh_token"] = inside.refresh_token.clone().into();
        body["refresh_token_expires_in"] = 5_184_000.into();
    }
    Json(body).into_response()
}
