//! Somebody in AWS' place whose cluster is a real API server: moto is asked for everything, and told of the cluster's address;
//! the API server asks here whose tokens are, as those of EKS ask their authenticator.

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
    /// Where the cluster's API server is, and whom its certificate comes from.
    cluster: Option<(String, String, Client)>,
    refuses_tokens: bool,
    /// Who has come with a token.
    visitors: Vec<String>,
    /// How many objects of the platform were in the cluster when something of the cluster was to be deleted.
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

    /// A real API server that asks here whose tokens are; from now on it is the cluster.
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

    /// How many anchors were in the cluster at each call that deletes something.
    pub(crate) fn left(&self) -> Vec<usize> {
        self.shared.state.lock().unwrap().left.clone()
    }
}

/// Moto's answer, but for where the cluster is.
async fn pass(State(shared): State<Arc<Shared>>, request: Request) -> Response<Body> {
    let (mut parts, body) = request.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    // Moto learns from this header alone which service is asked; a signature in the address has none.
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

/// Asks the question that the token is, and says who the bearer is by its answer.
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
    // Nothing else may be asked in the bearer's name.
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
