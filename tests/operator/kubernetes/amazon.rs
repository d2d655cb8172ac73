//! A mock server for AWS with a real API server as its cluster: it forwards calls to moto, returns the cluster's real
//! address, and is the token reviewer of the API server, like the authenticator of EKS.

use std::sync::{Arc, Mutex};

use axum::{
    Json, Router,
    body::{Body, to_bytes},
    extract::{Request, State},
    http::{Method, Response, header::AUTHORIZATION},
    routing::post,
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use fdp_test_aws::{Moto, forward};
use fdp_test_control_plane::ControlPlane;
use fdp_test_operator::NAMESPACE;
use k8s_openapi::api::core::v1::ConfigMap;
use kube::{Api, Client, api::ListParams, config::Kubeconfig};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_util::task::AbortOnDropHandle;

const CLUSTER: &str = "food-shop";
const TOKEN_REVIEW: &str = "/token-review";

pub(crate) struct Amazon {
    address: String,
    shared: Arc<Shared>,
    _server: AbortOnDropHandle<()>,
}

struct Shared {
    moto: Moto,
    client: reqwest::Client,
    address: String,
    state: Mutex<AmazonState>,
}

#[derive(Default)]
struct AmazonState {
    /// The address of the cluster's API server, its certificate authority, and an administrator's client.
    cluster: Option<(String, String, Client)>,
    refuses_tokens: bool,
    /// The identities whose tokens were reviewed.
    visitors: Vec<String>,
    /// How many anchors of platforms existed in the cluster at each call that deletes a part of it.
    left: Vec<usize>,
}

impl Amazon {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let shared = Arc::new(Shared {
            moto: Moto::start().await,
            client: reqwest::Client::new(),
            address: address.clone(),
            state: Mutex::default(),
        });
        let router = Router::new()
            .route(TOKEN_REVIEW, post(review))
            .fallback(pass)
            .with_state(Arc::clone(&shared));
        let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self {
            address,
            shared,
            _server: AbortOnDropHandle::new(server),
        }
    }

    pub(crate) fn endpoint(&self) -> &str {
        &self.address
    }

    /// Starts a real API server that sends its token reviews here; from now on it is the cluster.
    pub(crate) async fn cluster(&self) -> ControlPlane {
        let plane = ControlPlane::asking(&format!("{}{TOKEN_REVIEW}", self.address))
            .await
            .unwrap();
        let kubeconfig = Kubeconfig::read_from(plane.kubeconfig()).unwrap();
        let cluster = kubeconfig.clusters[0].cluster.clone().unwrap();
        self.shared.state.lock().unwrap().cluster = Some((
            cluster.server.unwrap(),
            cluster.certificate_authority_data.unwrap(),
            plane.client().unwrap(),
        ));
        plane
    }

    pub(crate) fn refuse_tokens(&self, refuse: bool) {
        self.shared.state.lock().unwrap().refuses_tokens = refuse;
    }

    pub(crate) fn visitors(&self) -> Vec<String> {
        self.shared.state.lock().unwrap().visitors.clone()
    }

    /// The number of anchors in the cluster at each call that deletes something.
    pub(crate) fn left(&self) -> Vec<usize> {
        self.shared.state.lock().unwrap().left.clone()
    }
}

/// Moto's response, with the address of the real cluster.
async fn pass(State(shared): State<Arc<Shared>>, request: Request) -> Response<Body> {
    let (mut parts, body) = request.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    // Moto finds out the service from this header only, which is missing when the signature is in the URL.
    if let Some((_, credential)) = parts
        .uri
        .query()
        .unwrap_or_default()
        .split_once("X-Amz-Credential=")
    {
        let credential = credential
            .split('&')
            .next()
            .unwrap_or_default()
            .replace("%2F", "/");
        let signature =
            format!("AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders=host, Signature=none");
        parts.headers.insert(AUTHORIZATION, signature.parse().unwrap());
    }
    let describes = parts.method == Method::GET && parts.uri.path() == format!("/clusters/{CLUSTER}");
    let cluster = shared.state.lock().unwrap().cluster.clone();
    if parts.method == Method::DELETE
        && let Some((.., client)) = &cluster
    {
        let anchors = Api::<ConfigMap>::namespaced(client.clone(), NAMESPACE);
        let ours = ListParams::default().labels("app.kubernetes.io/component=anchor");
        let left = anchors.list(&ours).await.unwrap().items.len();
        shared.state.lock().unwrap().left.push(left);
    }
    let mut answer = forward(&shared.client, &shared.moto.endpoint(), parts, body)
        .await
        .unwrap();
    if describes
        && answer.status().is_success()
        && let Some((server, authority, _)) = cluster
    {
        let mut told: Value = serde_json::from_slice(answer.body()).unwrap();
        told["cluster"]["endpoint"] = json!(server);
        told["cluster"]["certificateAuthority"] = json!({ "data": authority });
        *answer.body_mut() = told.to_string().into_bytes();
    }
    answer.map(Body::from)
}

/// Sends the presigned request that a token consists of, and returns the identity in its response.
async fn review(State(shared): State<Arc<Shared>>, Json(review): Json<Value>) -> Json<Value> {
    let token = review["spec"]["token"].as_str().unwrap_or_default();
    let bearer = bearer(&shared, token).await;
    let mut state = shared.state.lock().unwrap();
    let status = match bearer {
        Some(bearer) if !state.refuses_tokens => {
            state.visitors.push(bearer.clone());
            json!({ "authenticated": true, "user": { "username": bearer, "groups": ["system:masters"] } })
        }
        _ => json!({ "authenticated": false }),
    };
    Json(json!({ "apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "status": status }))
}

async fn bearer(shared: &Shared, token: &str) -> Option<String> {
    let encoded = token.strip_prefix("k8s-aws-v1.")?;
    let question = String::from_utf8(URL_SAFE_NO_PAD.decode(encoded).ok()?).ok()?;
    // A token must not be used for any other request.
    let asked = question.strip_prefix(&shared.address)?;
    asked.starts_with("/?Action=GetCallerIdentity&").then_some(())?;
    let answer = shared
        .client
        .get(question)
        .header("x-k8s-aws-id", CLUSTER)
        .send()
        .await
        .ok()?;
    let text = String::from_utf8(answer.bytes().await.ok()?.to_vec()).ok()?;
    let (_, rest) = text.split_once("<Arn>")?;
    Some(rest.split_once("</Arn>")?.0.to_owned())
}
