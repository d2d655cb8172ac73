//! A mock server for AWS for pipelines: moto, with a real registry and Kubernetes instead of the invented ones; it
//! records the calls under the names that policies use.

use std::sync::{Arc, Mutex};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{Request, State},
    http::{Response, request::Parts},
};
use fdp_test_aws::{Moto, Served, forward};
use serde_json::Value;

pub(crate) const REGION: &str = "eu-central-1";
const ACCOUNT: &str = "123456789012";

/// A call: its action and resource, such as `ecr:DescribeRepositories` and an ARN.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Call {
    pub(crate) action: String,
    pub(crate) resource: String,
    /// Whether the call sets the tag of a platform.
    pub(crate) tags: bool,
}

pub(crate) struct Aws {
    pub(crate) moto: Moto,
    served: Served,
    shared: Arc<Shared>,
}

struct Shared {
    upstream: String,
    /// The address of the real registry that replaces moto's invented one.
    registry: String,
    /// The `cluster` of a kubeconfig, which replaces moto's invented cluster.
    cluster: Value,
    calls: Mutex<Vec<Call>>,
    client: reqwest::Client,
}

impl Aws {
    /// A server whose registry has that address, and whose clusters are all the one of that kubeconfig.
    pub(crate) async fn start(registry: &str, kubeconfig: &Value) -> Self {
        let moto = Moto::start().await;
        let shared = Arc::new(Shared {
            upstream: moto.endpoint(),
            registry: registry.to_owned(),
            cluster: kubeconfig["clusters"][0]["cluster"].clone(),
            calls: Mutex::default(),
            client: reqwest::Client::new(),
        });
        let router = Router::new().fallback(pass).with_state(Arc::clone(&shared));
        Self {
            moto,
            served: Served::start(router).await,
            shared,
        }
    }

    pub(crate) fn endpoint(&self) -> String {
        self.served.endpoint()
    }

    /// Creates a cluster at AWS, without recording the calls.
    pub(crate) async fn make_cluster(&self, name: &str) {
        let wanted = serde_json::json!({
            "name": name,
            "roleArn": format!("arn:aws:iam::{ACCOUNT}:role/cluster"),
            "resourcesVpcConfig": { "subnetIds": ["subnet-1", "subnet-2"] },
        });
        let credential = format!("anybody/20260101/{REGION}/eks/aws4_request");
        let answer = self
            .shared
            .client
            .post(format!("{}/clusters", self.moto.endpoint()))
            .header(
                "authorization",
                format!("AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders=host, Signature=none"),
            )
            .header("content-type", "application/json")
            .body(wanted.to_string())
            .send()
            .await
            .unwrap();
        assert!(answer.status().is_success(), "{answer:?}");
    }

    /// All recorded calls, each once.
    pub(crate) fn calls(&self) -> Vec<Call> {
        let mut calls = self.shared.calls.lock().unwrap().clone();
        calls.sort();
        calls.dedup();
        calls
    }
}

async fn pass(State(shared): State<Arc<Shared>>, request: Request) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    let asked = calls(&parts, &serde_json::from_slice(&body).unwrap_or_default());
    shared.calls.lock().unwrap().extend(asked);
    let answer = forward(&shared.client, &shared.upstream, parts, body)
        .await
        .unwrap();
    answer.map(|body| Body::from(shared.as_it_is(&String::from_utf8(body).unwrap())))
}

impl Shared {
    /// A response with the real addresses instead of moto's invented ones.
    fn as_it_is(&self, answer: &str) -> String {
        let made_up = format!("{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com");
        let answer = answer.replace(&made_up, &self.registry);
        let Ok(mut value) = serde_json::from_str::<Value>(&answer) else {
            return answer;
        };
        if let Some(cluster) = value.get_mut("cluster") {
            cluster["endpoint"] = self.cluster["server"].clone();
            cluster["certificateAuthority"]["data"] = self.cluster["certificate-authority-data"].clone();
        }
        value.to_string()
    }
}

/// The calls of a request: ECR names the operation in a header, EKS in the path.
fn calls(parts: &Parts, body: &Value) -> Vec<Call> {
    let call = |action: &str, resource: String| Call {
        action: action.to_owned(),
        resource,
        tags: body["tags"]
            .as_array()
            .is_some_and(|tags| tags.iter().any(|tag| tag["Key"] == "fooddelivery.dev/platform")),
    };
    let path: Vec<&str> = parts.uri.path().split('/').collect();
    if let ["", "clusters", name] = path.as_slice() {
        let arn = format!("arn:aws:eks:{REGION}:{ACCOUNT}:cluster/{name}");
        return vec![call("eks:DescribeCluster", arn)];
    }
    let target = parts
        .headers
        .get("x-amz-target")
        .and_then(|target| target.to_str().ok());
    let of_ecr = target
        .and_then(|target| target.split_once('.'))
        .filter(|(service, _)| service.starts_with("AmazonEC2ContainerRegistry"));
    let Some((_, operation)) = of_ecr else {
        return vec![call(
            &format!("{} {}", parts.method, parts.uri.path()),
            String::new(),
        )];
    };
    let action = format!("ecr:{operation}");
    if operation == "GetAuthorizationToken" {
        return vec![call(&action, "*".to_owned())];
    }
    let repository = |name: &str| format!("arn:aws:ecr:{REGION}:{ACCOUNT}:repository/{name}");
    let mut names: Vec<String> = body["repositoryNames"]
        .as_array()
        .into_iter()
        .flatten()
        .chain([&body["repositoryName"]])
        .filter_map(|name| Some(repository(name.as_str()?)))
        .collect();
    names.extend(body["resourceArn"].as_str().map(str::to_owned));
    if names.is_empty() {
        names.push(repository("*"));
    }
    let mut calls: Vec<Call> = names.into_iter().map(|name| call(&action, name)).collect();
    // Creating a resource with tags needs the permission to tag it too.
    if operation == "CreateRepository" && calls[0].tags {
        calls.push(Call {
            action: "ecr:TagResource".to_owned(),
            ..calls[0].clone()
        });
    }
    calls
}
