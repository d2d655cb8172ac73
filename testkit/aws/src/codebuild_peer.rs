//! A proxy in front of moto that implements what moto lacks of `CodeBuild`: changes of projects, their webhooks, and
//! limits of concurrent builds.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{Request, State},
    http::Response,
};
use serde_json::{Map, Value, json};

use crate::{
    forward::forward,
    operation::{self, Protocol},
    served::Served,
};

pub struct CodeBuildPeer {
    served: Served,
    shared: Arc<Shared>,
}

struct Shared {
    upstream: String,
    client: reqwest::Client,
    world: Mutex<World>,
}

#[derive(Default)]
struct World {
    /// By project, the fields that moto does not receive or store.
    projects: BTreeMap<String, Map<String, Value>>,
    /// By project, the webhook that the Git server calls after a push; deleting a project does not delete its
    /// webhook.
    webhooks: BTreeMap<String, Value>,
    /// Whether `CodeBuild` has no token for the Git server.
    without_token: bool,
}

/// Operations that moto implements only in part.
const COMPLETED: [&str; 3] = ["CreateProject", "DeleteProject", "BatchGetProjects"];

struct Refused(&'static str, &'static str);

const NO_PROJECT: Refused = Refused("ResourceNotFoundException", "there is no project of that name");
const NO_WEBHOOK: Refused = Refused("ResourceNotFoundException", "the project has no webhook");
const NO_TOKEN: Refused = Refused(
    "ResourceNotFoundException",
    "Could not find access token for server type github",
);

impl CodeBuildPeer {
    pub async fn start(upstream: &str) -> Self {
        let shared = Arc::new(Shared {
            upstream: upstream.to_owned(),
            client: reqwest::Client::new(),
            world: Mutex::default(),
        });
        let router = Router::new().fallback(answer).with_state(Arc::clone(&shared));
        Self {
            served: Served::start(router).await,
            shared,
        }
    }

    pub fn endpoint(&self) -> String {
        self.served.endpoint()
    }

    /// Sets whether `CodeBuild` has a token for the Git server, which it has by default.
    pub fn has_token(&self, has: bool) {
        self.shared.world.lock().unwrap().without_token = !has;
    }

    /// The projects whose webhook the Git server calls after a push.
    pub fn webhooks(&self) -> Vec<String> {
        self.shared
            .world
            .lock()
            .unwrap()
            .webhooks
            .keys()
            .cloned()
            .collect()
    }
}

async fn answer(State(shared): State<Arc<Shared>>, request: Request) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    let (_, operation) = operation::of(&parts, &body);
    let asked: Value = serde_json::from_slice(&body).unwrap_or_default();
    let own = shared.world.lock().unwrap().asked(&operation, &asked);
    match own {
        Some(Ok(answer)) => Response::builder()
            .header("content-type", "application/x-amz-json-1.1")
            .body(Body::from(answer.to_string()))
            .unwrap(),
        Some(Err(Refused(code, message))) => operation::refusal(Protocol::Json, code, message),
        None => {
            let answer = forward(&shared.client, &shared.upstream, parts, body)
                .await
                .unwrap();
            let is_whole = !answer.status().is_success() || !COMPLETED.contains(&operation.as_str());
            answer.map(|body| {
                if is_whole {
                    return Body::from(body);
                }
                let answered = serde_json::from_slice(&body).unwrap();
                let whole = shared
                    .world
                    .lock()
                    .unwrap()
                    .completed(&operation, &asked, answered);
                Body::from(whole.to_string())
            })
        }
    }
}

impl World {
    /// The response to an operation that moto does not implement; `None` for the others.
    fn asked(&mut self, operation: &str, asked: &Value) -> Option<Result<Value, Refused>> {
        match operation {
            "UpdateProject" => Some(self.update(asked)),
            "CreateWebhook" => Some(self.set_webhook(asked, false)),
            "UpdateWebhook" => Some(self.set_webhook(asked, true)),
            "DeleteWebhook" => Some(self.delete_webhook(asked)),
            _ => None,
        }
    }

    fn update(&mut self, asked: &Value) -> Result<Value, Refused> {
        let name = text(asked, "name");
        let project = self.projects.get_mut(&name).ok_or(NO_PROJECT)?;
        for (field, value) in asked.as_object().unwrap() {
            project.insert(field.clone(), value.clone());
        }
        Ok(json!({ "project": project }))
    }

    fn set_webhook(&mut self, asked: &Value, is_there: bool) -> Result<Value, Refused> {
        let name = text(asked, "projectName");
        if !self.projects.contains_key(&name) {
            return Err(NO_PROJECT);
        }
        if self.without_token {
            return Err(NO_TOKEN);
        }
        if self.webhooks.contains_key(&name) != is_there {
            return Err(if is_there {
                NO_WEBHOOK
            } else {
                Refused("ResourceAlreadyExistsException", "the project has a webhook")
            });
        }
        let groups = asked["filterGroups"].as_array().cloned().unwrap_or_default();
        let has_event = |group: &Value| {
            let mut filters = group.as_array().into_iter().flatten();
            filters.any(|filter| filter["type"] == "EVENT")
        };
        if groups.is_empty() || !groups.iter().all(has_event) {
            return Err(Refused(
                "InvalidInputException",
                "each group of filters needs an event",
            ));
        }
        let webhook = json!({ "url": "https://git.example.com/hooks/1", "filterGroups": groups });
        self.webhooks.insert(name, webhook.clone());
        Ok(json!({ "webhook": webhook }))
    }

    fn delete_webhook(&mut self, asked: &Value) -> Result<Value, Refused> {
        let name = text(asked, "projectName");
        if !self.projects.contains_key(&name) {
            return Err(NO_PROJECT);
        }
        if self.without_token {
            return Err(NO_TOKEN);
        }
        self.webhooks.remove(&name).map(|_| json!({})).ok_or(NO_WEBHOOK)
    }

    /// Moto's response, with the fields that it does not support.
    fn completed(&mut self, operation: &str, asked: &Value, mut answer: Value) -> Value {
        match operation {
            "CreateProject" => {
                let limit = asked["concurrentBuildLimit"].clone();
                let kept = Map::from_iter([("concurrentBuildLimit".to_owned(), limit)]);
                self.projects.insert(text(asked, "name"), kept);
            }
            "DeleteProject" => {
                self.projects.remove(&text(asked, "name"));
            }
            "BatchGetProjects" => {
                for project in answer["projects"].as_array_mut().into_iter().flatten() {
                    let name = text(project, "name");
                    for (field, value) in self.projects.get(&name).into_iter().flatten() {
                        project[field] = value.clone();
                    }
                    if let Some(webhook) = self.webhooks.get(&name) {
                        project["webhook"] = webhook.clone();
                    }
                }
            }
            _ => {}
        }
        answer
    }
}

fn text(asked: &Value, field: &str) -> String {
    asked[field]
        .as_str()
        .unwrap_or_else(|| panic!("no {field}: {asked}"))
        .to_owned()
}
