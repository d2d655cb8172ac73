//! A mock server for EKS, which does what moto does not: version upgrades, add-ons, and the delays of AWS.
//!
//! An accepted change takes effect later, and may not even be visible at first. A client may then repeat the request;
//! with the same token it counts as the same request.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{Request, State},
    http::Response,
};
use serde_json::{Value, json};

use crate::{operation, served::Served};

/// The number of descriptions during which a change is in progress.
const BUSY: usize = 2;

pub struct EksPeer {
    served: Served,
    world: Arc<Mutex<World>>,
}

struct World {
    /// The number of descriptions that do not show a change yet.
    lag: usize,
    things: BTreeMap<String, Thing>,
    /// Tokens of accepted requests.
    tokens: BTreeSet<String>,
    calls: Vec<String>,
    /// The changes that have taken effect.
    effects: Vec<String>,
    /// Increases with every change.
    clock: i64,
}

/// A resource of EKS: its current description, and the next ones, one for each time it is described; `Null` when it
/// is deleted.
struct Thing {
    shown: Value,
    coming: VecDeque<Value>,
}

struct Refused(u16, &'static str, &'static str);

const BUSY_ALREADY: Refused = Refused(409, "ResourceInUseException", "it is being changed");
const ABSENT: Refused = Refused(404, "ResourceNotFoundException", "there is none of that name");

impl EksPeer {
    pub async fn start(lag: usize) -> Self {
        let world = Arc::new(Mutex::new(World {
            lag,
            things: BTreeMap::new(),
            tokens: BTreeSet::new(),
            calls: Vec::new(),
            effects: Vec::new(),
            clock: 1_700_000_000,
        }));
        let router = Router::new().fallback(answer).with_state(Arc::clone(&world));
        Self {
            served: Served::start(router).await,
            world,
        }
    }

    pub fn endpoint(&self) -> String {
        self.served.endpoint()
    }

    /// How often each operation was called since the last call of this function, except those that only read.
    pub fn changing_calls(&self) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        for call in std::mem::take(&mut self.world.lock().unwrap().calls) {
            if !call.starts_with("Describe") && !call.starts_with("List") {
                *counts.entry(call).or_default() += 1;
            }
        }
        counts
    }

    /// The current description of a resource such as `/clusters/shop/addons/coredns`; `None` if it does not exist.
    pub fn shown(&self, path: &str) -> Option<Value> {
        let world = self.world.lock().unwrap();
        world.things.get(path).map(|thing| thing.shown.clone())
    }

    /// Makes an add-on fail while it has no role, like an add-on whose pods get no permissions from their nodes. It
    /// becomes healthy as soon as it has a role.
    pub fn degrade(&self, path: &str) {
        let mut world = self.world.lock().unwrap();
        world.things.get_mut(path).unwrap().shown["status"] = json!("DEGRADED");
    }

    /// The changes that have taken effect since the last call of this function, in order.
    pub fn effects(&self) -> Vec<String> {
        std::mem::take(&mut self.world.lock().unwrap().effects)
    }
}

async fn answer(State(world): State<Arc<Mutex<World>>>, request: Request) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    let (_, operation) = operation::of(&parts, &body);
    let asked: Value = serde_json::from_slice(&body).unwrap_or_default();
    let path = parts.uri.path().trim_end_matches('/');
    let outcome = world.lock().unwrap().asked(&operation, path, &asked);
    let (status, code, body) = match outcome {
        Ok(body) => (200, None, body),
        Err(Refused(status, code, message)) => (status, Some(code), json!({ "message": message })),
    };
    let mut response = Response::builder()
        .status(status)
        .header("content-type", "application/json");
    if let Some(code) = code {
        response = response.header("x-amzn-errortype", code);
    }
    response.body(Body::from(body.to_string())).unwrap()
}

impl World {
    fn asked(&mut self, operation: &str, path: &str, asked: &Value) -> Result<Value, Refused> {
        self.calls.push(operation.to_owned());
        let parent = path.rsplit_once('/').unwrap().0;
        match operation {
            "DescribeCluster" => Ok(json!({ "cluster": self.describe(path)? })),
            "DescribeNodegroup" => Ok(json!({ "nodegroup": self.describe(path)? })),
            "DescribeAddon" => Ok(json!({ "addon": self.describe(path)? })),
            "ListNodegroups" => {
                let below = format!("{path}/");
                let names: Vec<&str> = self
                    .things
                    .keys()
                    .filter_map(|there| there.strip_prefix(&below))
                    .collect();
                Ok(json!({ "nodegroups": names }))
            }
            "CreateCluster" => self.create(&format!("/clusters/{}", text(asked, "name")), asked, "cluster"),
            "CreateNodegroup" => {
                self.is_active(parent)?;
                self.create(
                    &format!("{path}/{}", text(asked, "nodegroupName")),
                    asked,
                    "nodegroup",
                )
            }
            "CreateAddon" => {
                self.is_active(parent)?;
                self.create(&format!("{path}/{}", text(asked, "addonName")), asked, "addon")
            }
            "UpdateAddon" => {
                let change = json!({ "serviceAccountRoleArn": asked["serviceAccountRoleArn"] });
                self.update(parent, operation, asked, &change, || Ok(()))
            }
            "UpdateClusterVersion" => {
                let from = minor(&self.things.get(parent).ok_or(ABSENT)?.shown);
                self.update(
                    parent,
                    operation,
                    asked,
                    &json!({ "version": asked["version"] }),
                    || {
                        if minor(asked) == from + 1 {
                            Ok(())
                        } else {
                            Err(Refused(
                                400,
                                "InvalidParameterException",
                                "only to the next version",
                            ))
                        }
                    },
                )
            }
            "UpdateNodegroupVersion" => {
                let cluster = path.split("/node-groups/").next().unwrap();
                let highest = minor(&self.things.get(cluster).ok_or(ABSENT)?.shown);
                self.update(
                    parent,
                    operation,
                    asked,
                    &json!({ "version": asked["version"] }),
                    || {
                        if minor(asked) <= highest {
                            Ok(())
                        } else {
                            Err(Refused(
                                400,
                                "InvalidParameterException",
                                "later than the control plane",
                            ))
                        }
                    },
                )
            }
            "UpdateNodegroupConfig" => {
                let change = json!({ "scalingConfig": asked["scalingConfig"] });
                self.update(parent, operation, asked, &change, || Ok(()))
            }
            "DeleteNodegroup" => self.delete(path, operation),
            "DeleteCluster" => {
                let below = format!("{path}/node-groups/");
                if self.things.keys().any(|there| there.starts_with(&below)) {
                    return Err(Refused(409, "ResourceInUseException", "it has node groups"));
                }
                self.delete(path, operation)
            }
            other => panic!("unexpected request: {other} {path}"),
        }
    }

    fn describe(&mut self, path: &str) -> Result<Value, Refused> {
        let thing = self.things.get_mut(path).ok_or(ABSENT)?;
        if let Some(next) = thing.coming.pop_front() {
            thing.shown = next;
        }
        if thing.shown.is_null() {
            self.things.remove(path);
            return Err(ABSENT);
        }
        Ok(thing.shown.clone())
    }

    fn is_active(&self, path: &str) -> Result<(), Refused> {
        let thing = self.things.get(path).ok_or(ABSENT)?;
        if thing.coming.is_empty() && thing.shown["status"] == "ACTIVE" {
            Ok(())
        } else {
            Err(Refused(
                400,
                "InvalidRequestException",
                "the cluster is not ACTIVE",
            ))
        }
    }

    fn create(&mut self, path: &str, asked: &Value, kind: &str) -> Result<Value, Refused> {
        if !self.tokens.insert(text(asked, "clientRequestToken")) {
            return Ok(json!({ kind: self.things.get(path).ok_or(ABSENT)?.shown }));
        }
        if self.things.contains_key(path) {
            return Err(Refused(
                409,
                "ResourceInUseException",
                "there is one of that name",
            ));
        }
        self.clock += 1;
        let mut shown = asked.clone();
        shown["status"] = json!("CREATING");
        shown["createdAt"] = json!(self.clock);
        shown["modifiedAt"] = json!(self.clock);
        shown["identity"] =
            json!({ "oidc": { "issuer": "https://oidc.eks.eu-central-1.amazonaws.com/id/PEER" } });
        let mut finished = shown.clone();
        finished["status"] = json!("ACTIVE");
        let mut coming: VecDeque<Value> = vec![shown.clone(); BUSY].into();
        coming.push_back(finished);
        let answer = json!({ kind: shown });
        self.things.insert(path.to_owned(), Thing { shown, coming });
        self.effects.push(format!("create {path}"));
        Ok(answer)
    }

    fn update(
        &mut self,
        path: &str,
        operation: &str,
        asked: &Value,
        change: &Value,
        allowed: impl FnOnce() -> Result<(), Refused>,
    ) -> Result<Value, Refused> {
        let answer = json!({ "update": { "id": "an-update", "status": "InProgress" } });
        if self.tokens.contains(&text(asked, "clientRequestToken")) {
            return Ok(answer);
        }
        let thing = self.things.get_mut(path).ok_or(ABSENT)?;
        let status = &thing.shown["status"];
        if !thing.coming.is_empty() || (status != "ACTIVE" && status != "DEGRADED") {
            return Err(BUSY_ALREADY);
        }
        allowed()?;
        self.tokens.insert(text(asked, "clientRequestToken"));
        self.clock += 1;
        let mut changing = thing.shown.clone();
        changing["status"] = json!("UPDATING");
        changing["modifiedAt"] = json!(self.clock);
        let mut finished = changing.clone();
        finished["status"] = json!("ACTIVE");
        for (field, value) in change.as_object().unwrap() {
            finished[field] = value.clone();
        }
        thing.coming.extend(vec![thing.shown.clone(); self.lag]);
        thing.coming.extend(vec![changing; BUSY]);
        thing.coming.push_back(finished);
        let named = change["version"]
            .as_str()
            .or(change["serviceAccountRoleArn"].as_str());
        let what = match named {
            Some(name) => name.to_owned(),
            None => change["scalingConfig"]["desiredSize"].to_string(),
        };
        self.effects.push(format!("{operation} {what}"));
        Ok(answer)
    }

    fn delete(&mut self, path: &str, operation: &str) -> Result<Value, Refused> {
        let thing = self.things.get_mut(path).ok_or(ABSENT)?;
        if !thing.coming.is_empty() {
            return Err(BUSY_ALREADY);
        }
        let mut deleting = thing.shown.clone();
        deleting["status"] = json!("DELETING");
        thing.coming.extend(vec![deleting; BUSY]);
        thing.coming.push_back(Value::Null);
        self.effects.push(operation.to_owned());
        Ok(json!({}))
    }
}

fn text(asked: &Value, field: &str) -> String {
    asked[field]
        .as_str()
        .unwrap_or_else(|| panic!("no {field}: {asked}"))
        .to_owned()
}

/// The minor version of a resource.
fn minor(thing: &Value) -> u32 {
    let version = thing["version"].as_str().unwrap();
    version.split_once('.').unwrap().1.parse().unwrap()
}
