//! A fake API server: it records every call, responds as a real one would, and fills the caches on demand.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use fdp_crds::FoodDeliveryPlatform;
use fdp_operator::{
    controller::{
        Context,
        caches::{Caches, Copies, Place},
        fence::Fence,
        platform::Platform,
        recent_writes::RecentWrites,
        reconcile::{ReconcileError, delay_after, reconcile},
        remote_cluster::RemoteClusters,
    },
    kubernetes::shared_secrets,
    model::{
        apis::{Family, MetricsApi},
        object::ObjectKey,
    },
    plan::owned_kinds,
    settings::Settings,
};
use http::{Method, Request, Response, StatusCode};
use k8s_openapi::api::core::v1::Secret;
use kube::{
    Client, Resource,
    client::Body,
    core::{ApiResource, DynamicObject},
    runtime::{
        reflector::{Store, store::Writer},
        watcher::Event,
    },
};
use serde_json::{Value, json};
use tokio::sync::mpsc::unbounded_channel;
use tower::Layer as _;

/// One call to the API server.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    /// The verb and the object, such as `apply Deployment shop-order`.
    pub(crate) name: String,
    /// The field manager of the call.
    pub(crate) manager: String,
    pub(crate) body: Value,
}

/// The state of the API server.
#[derive(Default)]
struct State {
    calls: Vec<Call>,
    objects: BTreeMap<ObjectKey, Value>,
    /// Objects whose writes are rejected.
    refused: Vec<String>,
    /// Services of other namespaces, which have node ports.
    node_ports_of_others: Vec<Value>,
    /// Nothing can be created, because the namespace is being deleted.
    namespace_ends: bool,
    /// The fault that affects all calls.
    fault: Option<Fault>,
    /// The fence, and the number of further writes before it closes.
    fence: Option<(usize, Fence)>,
    /// The platform's status, as it was last written.
    status: Option<Value>,
    version: u64,
}

/// A fault of the API server.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Fault {
    /// It throttles, with that many seconds to retry after.
    Throttles(u32),
    /// It responds with this code.
    Responds(u16),
    /// It does not respond.
    Hangs,
}

/// A cluster with one platform, and an operator.
pub(crate) struct Cluster {
    state: Arc<Mutex<State>>,
    context: Arc<Context>,
    fence: Fence,
    platform: Value,
    platforms: Writer<Platform>,
    // The caches are ready only as long as their writers exist.
    _shown: Writer<FoodDeliveryPlatform>,
}

impl Cluster {
    /// A cluster in which a platform of that specification was just created.
    pub(crate) fn with_platform(spec: &Value) -> Self {
        Self::over(
            Arc::default(),
            json!({
                "apiVersion": "fooddelivery.dev/v1alpha1",
                "kind": "FoodDeliveryPlatform",
                "metadata": {
                    "name": "shop", "namespace": "food", "uid": "uid-of-shop",
                    "generation": 1, "resourceVersion": "platform-1",
                },
                "spec": spec,
            }),
        )
    }

    fn over(state: Arc<Mutex<State>>, platform: Value) -> Self {
        let fence = Fence::open();
        let client = scripted_client(Arc::clone(&state), &fence);
        let (platforms, platform_writer) = synced::<Platform>(());
        let (shown_platforms, shown_writer) = synced::<FoodDeliveryPlatform>(());
        let caches = Arc::new(Caches {
            platforms,
            shown_platforms,
            local: Arc::new(Copies::new(0)),
            drills: Arc::default(),
            definition: Arc::default(),
        });
        caches.local.set_metrics(MetricsApi::Available);
        let writes = Arc::<RecentWrites>::default();
        let (sender, _) = unbounded_channel();
        let remote_clusters = RemoteClusters::new(fence.clone(), sender);
        Self {
            state,
            context: Arc::new(Context::new(
                client,
                Settings::default(),
                caches,
                writes,
                remote_clusters,
            )),
            fence,
            platform,
            platforms: platform_writer,
            _shown: shown_writer,
        }
    }

    /// A cluster with a platform that is completely reconciled.
    pub(crate) async fn settled(spec: &Value) -> Self {
        let mut cluster = Self::with_platform(spec);
        cluster.settle().await;
        cluster
    }

    /// Reconciles until nothing is left to do: the Jobs that try what services reach come when all is up, and go when the
    /// status says what they have found.
    pub(crate) async fn settle(&mut self) {
        for _ in 0..3 {
            self.reconcile().await.unwrap();
            self.controllers_act();
        }
        self.reconcile().await.unwrap();
        self.catch_up();
        self.calls();
    }

    /// Acts like the controllers of Kubernetes: all pods run with their current templates.
    pub(crate) fn controllers_act(&mut self) {
        for (key, object) in &mut self.state.lock().unwrap().objects {
            let generation = object["metadata"]["generation"].clone();
            let replicas = object["spec"]["replicas"].as_i64().unwrap_or(1);
            object["status"] = match key.kind.as_str() {
                "Deployment" => json!({
                    "observedGeneration": generation, "replicas": replicas, "updatedReplicas": replicas,
                    "readyReplicas": replicas, "availableReplicas": replicas,
                    "conditions": [{ "type": "Progressing", "status": "True", "reason": "NewReplicaSetAvailable" }],
                }),
                "StatefulSet" => json!({
                    "observedGeneration": generation, "replicas": replicas, "updatedReplicas": replicas,
                    "readyReplicas": replicas, "availableReplicas": replicas,
                    "currentRevision": "1", "updateRevision": "1",
                }),
                "Job" => json!({ "conditions": [{ "type": "Complete", "status": "True" }] }),
                _ => continue,
            };
        }
        self.catch_up();
    }

    /// Reconciles once, which must fail; returns the delay before the next reconciliation.
    pub(crate) async fn reconcile_failing(&mut self) -> Duration {
        let platform: Platform = serde_json::from_value(self.platform.clone()).unwrap();
        let platform = Arc::new(platform);
        let error = reconcile(Arc::clone(&platform), Arc::clone(&self.context))
            .await
            .unwrap_err();
        delay_after(&platform, &error, &self.context)
    }

    /// Sets or clears the fault of the API server.
    pub(crate) fn fault(&mut self, fault: Option<Fault>) {
        self.state.lock().unwrap().fault = fault;
    }

    /// Closes the fence of this operator after that many further writes.
    pub(crate) fn loses_the_lease_after(&mut self, writes: usize) {
        self.state.lock().unwrap().fence = Some((writes, self.fence.clone()));
    }

    /// Sets whether the cluster serves a family of custom resources.
    pub(crate) fn has(&mut self, family: Family, there: bool) {
        for kind in family.kinds() {
            self.context.caches.local.set_apis(|apis| apis.set(&kind, there));
        }
    }

    /// Adds an autoscaler of another user for that Deployment.
    pub(crate) fn scaled_by_others(&mut self, deployment: &str) {
        let scaled = [("food".to_owned(), deployment.to_owned())];
        self.context
            .caches
            .local
            .set_scaled_by_others(&Place::Everywhere, scaled.into());
    }

    /// The watch on Secrets that platforms may use has seen that one, or that it is gone.
    pub(crate) fn sees_secret(&mut self, name: &str, secret: Option<&Value>) {
        let known = secret.map(|secret| {
            let secret: Secret = serde_json::from_value(secret.clone()).unwrap();
            shared_secrets::referenced(&secret)
        });
        let copies = &self.context.caches.local;
        copies.set_shared_secret(("food".to_owned(), name.to_owned()), known.as_ref());
    }

    /// Reconciles the platform once.
    pub(crate) async fn reconcile(&mut self) -> Result<(), ReconcileError> {
        let platform: Platform = serde_json::from_value(self.platform.clone()).unwrap();
        reconcile(Arc::new(platform), Arc::clone(&self.context))
            .await
            .map(|_| ())
    }

    /// Replaces the operator by one without state; its caches fill again.
    pub(crate) fn restart_operator(&mut self) {
        *self = Self::over(Arc::clone(&self.state), self.platform.clone());
        self.catch_up();
    }

    /// Updates the caches with everything that was written.
    pub(crate) fn catch_up(&mut self) {
        let objects = self.state.lock().unwrap().objects.clone();
        for kind in all_kinds() {
            let kind = Arc::new(kind);
            let index = &self.context.caches.local.objects;
            index.apply(&Place::Everywhere, &kind, Event::Init);
            for (_, object) in objects.iter().filter(|(key, _)| key.kind == kind.kind) {
                let object: DynamicObject = serde_json::from_value(object.clone()).unwrap();
                self.context.writes.observed(&kind, &object);
                index.apply(&Place::Everywhere, &kind, Event::InitApply(object));
            }
            index.apply(&Place::Everywhere, &kind, Event::InitDone);
        }
        let status = self.state.lock().unwrap().status.clone();
        if let Some(status) = status {
            self.platform["status"] = status;
            self.platform["metadata"]["resourceVersion"] = json!("platform-with-status");
        }
    }

    /// Changes the specification.
    pub(crate) fn respecify(&mut self, spec: Value) {
        let metadata = &mut self.platform["metadata"];
        let generation = metadata["generation"].as_i64().unwrap() + 1;
        metadata["generation"] = json!(generation);
        metadata["resourceVersion"] = json!(format!("platform-generation-{generation}"));
        self.platform["spec"] = spec;
    }

    /// Changes the platform's metadata.
    pub(crate) fn metadata(&mut self) -> &mut Value {
        &mut self.platform["metadata"]
    }

    /// The status as the caches show it.
    pub(crate) fn status(&self) -> &Value {
        &self.platform["status"]
    }

    /// The condition of that type, as `status reason: message`.
    pub(crate) fn condition(&self, type_: &str) -> String {
        let conditions = self.status()["conditions"].as_array().unwrap();
        let condition = conditions
            .iter()
            .find(|condition| condition["type"] == type_)
            .unwrap();
        let text = |field: &str| condition[field].as_str().unwrap().to_owned();
        format!("{} {}: {}", text("status"), text("reason"), text("message"))
    }

    /// Changes an object as another client would; the caches show it at once.
    pub(crate) fn tamper(&mut self, kind: &str, name: &str, change: impl FnOnce(&mut Value)) {
        {
            let mut state = self.state.lock().unwrap();
            state.version += 1;
            let version = state.version.to_string();
            let object = state.objects.get_mut(&ObjectKey::new(kind, name)).unwrap();
            change(object);
            object["metadata"]["resourceVersion"] = json!(version);
        }
        self.catch_up();
    }

    /// Deletes an object as another client would; the caches show it at once.
    pub(crate) fn delete(&mut self, kind: &str, name: &str) {
        assert!(
            self.state
                .lock()
                .unwrap()
                .objects
                .remove(&ObjectKey::new(kind, name))
                .is_some()
        );
        self.catch_up();
    }

    /// Adds an object that the caches do not show.
    pub(crate) fn hide(&mut self, kind: &str, name: &str, object: Value) {
        self.state
            .lock()
            .unwrap()
            .objects
            .insert(ObjectKey::new(kind, name), object);
    }

    /// Makes the API server reject writes of that object.
    pub(crate) fn refuse(&mut self, object: &str) {
        self.state.lock().unwrap().refused.push(object.to_owned());
    }

    /// Ends all rejections.
    pub(crate) fn accept_everything(&mut self) {
        self.state.lock().unwrap().refused.clear();
    }

    /// Adds a platform of that specification in another namespace, created at that time, or changes it.
    pub(crate) fn other_platform(&mut self, created: &str, spec: &Value) {
        let platform: Platform = serde_json::from_value(json!({
            "apiVersion": "fooddelivery.dev/v1alpha1",
            "kind": "FoodDeliveryPlatform",
            "metadata": { "name": "shop", "namespace": "other", "uid": "uid-of-other", "creationTimestamp": created },
            "spec": spec,
        }))
        .unwrap();
        self.platforms.apply_watcher_event(&Event::Apply(platform));
    }

    /// Adds a Service of another namespace with a node port.
    pub(crate) fn other_service(&mut self, service: Value) {
        self.state.lock().unwrap().node_ports_of_others.push(service);
    }

    /// The namespace is deleted from now on, and with it already every object but the platform.
    pub(crate) fn end_namespace(&mut self) {
        let mut state = self.state.lock().unwrap();
        state.namespace_ends = true;
        state.objects.clear();
        drop(state);
        self.catch_up();
    }

    /// An object as the API server stores it.
    pub(crate) fn object(&self, kind: &str, name: &str) -> Value {
        self.state.lock().unwrap().objects[&ObjectKey::new(kind, name)].clone()
    }

    /// The calls since the last query.
    pub(crate) fn calls(&self) -> Vec<Call> {
        std::mem::take(&mut self.state.lock().unwrap().calls)
    }

    /// The names of the calls since the last query.
    pub(crate) fn call_names(&self) -> Vec<String> {
        self.calls().into_iter().map(|call| call.name).collect()
    }
}

fn synced<K>(kind: K::DynamicType) -> (Store<K>, Writer<K>)
where
    K: Resource + Clone + 'static,
    K::DynamicType: Eq + std::hash::Hash + Clone,
{
    let mut writer = Writer::new(kind);
    writer.apply_watcher_event(&Event::Init);
    writer.apply_watcher_event(&Event::InitDone);
    (writer.as_reader(), writer)
}

fn all_kinds() -> impl Iterator<Item = ApiResource> {
    let foreign = Family::ALL.into_iter().flat_map(Family::kinds);
    owned_kinds().into_iter().chain(foreign)
}

fn scripted_client(state: Arc<Mutex<State>>, fence: &Fence) -> Client {
    let (service, mut handle) = tower_test::mock::pair::<Request<Body>, Response<Body>>();
    tokio::spawn(async move {
        let mut unanswered = Vec::new();
        while let Some((request, respond)) = handle.next_request().await {
            let (parts, body) = request.into_parts();
            let body = body.collect_bytes().await.unwrap();
            let body = serde_json::from_slice(&body).unwrap_or(Value::Null);
            let query = parts.uri.query().unwrap_or_default().to_owned();
            let fault = state.lock().unwrap().fault;
            let (code, answer) = match fault {
                Some(Fault::Hangs) => {
                    unanswered.push(respond);
                    continue;
                }
                Some(Fault::Throttles(seconds)) => {
                    let mut answer = failure(429, "too many requests");
                    answer["details"] = json!({ "retryAfterSeconds": seconds });
                    (StatusCode::TOO_MANY_REQUESTS, answer)
                }
                Some(Fault::Responds(code)) => {
                    (StatusCode::from_u16(code).unwrap(), failure(code, "it broke"))
                }
                None => state
                    .lock()
                    .unwrap()
                    .answer(&parts.method, parts.uri.path(), &query, body),
            };
            let answer = Body::from(serde_json::to_vec(&answer).unwrap());
            respond.send_response(Response::builder().status(code).body(answer).unwrap());
        }
    });
    Client::new(fence.layer(service), "food")
}

impl State {
    fn answer(&mut self, method: &Method, path: &str, query: &str, body: Value) -> (StatusCode, Value) {
        if path == "/api/v1/services" {
            self.calls.push(Call {
                name: "list Services of all namespaces".to_owned(),
                manager: String::new(),
                body,
            });
            let type_ = query.rsplit("%3D").next().unwrap_or_default();
            let holders = self.node_ports_of_others.iter();
            let holders: Vec<&Value> = holders
                .filter(|service| service["spec"]["type"] == type_)
                .collect();
            return (StatusCode::OK, json!({ "metadata": {}, "items": holders }));
        }
        let mut segments = path.split("/namespaces/food/").nth(1).unwrap().split('/');
        let kind = kind_of(segments.next().unwrap());
        let name = segments
            .next()
            .or_else(|| body["metadata"]["name"].as_str())
            .unwrap_or_default()
            .to_owned();
        let is_status = segments.next() == Some("status");
        let manager = query
            .split('&')
            .find_map(|pair| pair.strip_prefix("fieldManager="))
            .unwrap_or_default()
            .to_owned();
        let verb = match method.as_str() {
            _ if is_status => "status",
            "PATCH" => "apply",
            "POST" => "create",
            "GET" => "get",
            "DELETE" => "delete",
            other => panic!("nobody expects {other} {path}"),
        };
        let key = ObjectKey::new(kind, name);
        let what = match key.kind.as_str() {
            // Events have random names, so their reason is used instead.
            "Event" => format!("event {}", body["reason"].as_str().unwrap()),
            _ => format!("{verb} {key}"),
        };
        if verb != "get"
            && let Some((left, fence)) = &mut self.fence
        {
            *left = left.saturating_sub(1);
            if *left == 0 {
                fence.close();
            }
        }
        self.calls.push(Call {
            name: what,
            manager,
            body: body.clone(),
        });
        if verb == "status" {
            self.status = Some(body["status"].clone());
        }
        match verb {
            "apply" if key.kind == "Service" && self.is_taken(&body["spec"]["ports"][0]["nodePort"]) => {
                let port = &body["spec"]["ports"][0]["nodePort"];
                let message = format!(
                    "Service \"{}\" is invalid: spec.ports[0].nodePort: Invalid value: {port}: provided port is \
                     already allocated",
                    key.name
                );
                (StatusCode::UNPROCESSABLE_ENTITY, failure(422, &message))
            }
            "apply" | "create" if self.refused.contains(&key.to_string()) => {
                (StatusCode::FORBIDDEN, failure(403, "exceeded quota"))
            }
            "apply" | "create" if self.namespace_ends && !self.objects.contains_key(&key) => {
                let mut answer = failure(403, "because it is being terminated");
                answer["details"] = json!({ "causes": [{ "reason": "NamespaceTerminating" }] });
                (StatusCode::FORBIDDEN, answer)
            }
            "create" if self.objects.contains_key(&key) => {
                (StatusCode::CONFLICT, failure(409, "already exists"))
            }
            "apply" | "create" if key.kind != "Event" => (StatusCode::OK, self.store(key, body)),
            "delete" => {
                self.objects.remove(&key);
                (StatusCode::OK, json!({ "kind": "Status", "status": "Success" }))
            }
            "get" => match self.objects.get(&key) {
                Some(object) => (StatusCode::OK, object.clone()),
                None => (StatusCode::NOT_FOUND, failure(404, "not found")),
            },
            _ => (StatusCode::OK, body),
        }
    }

    fn is_taken(&self, port: &Value) -> bool {
        let others = &self.node_ports_of_others;
        !port.is_null()
            && others
                .iter()
                .any(|service| service["spec"]["ports"][0]["nodePort"] == *port)
    }

    /// Merges an applied object into the stored one, which is close enough to server-side apply here.
    fn store(&mut self, key: ObjectKey, sent: Value) -> Value {
        self.version += 1;
        let version = self.version.to_string();
        let object = self.objects.entry(key).or_insert_with(|| json!({}));
        let before = object["spec"].clone();
        merge(object, sent);
        if object["spec"] != before {
            let generation = object["metadata"]["generation"].as_i64().unwrap_or(0) + 1;
            object["metadata"]["generation"] = json!(generation);
        }
        object["metadata"]["resourceVersion"] = json!(version);
        object["metadata"]["managedFields"] = json!([{ "manager": "fdp-operator" }]);
        object.clone()
    }
}

fn merge(into: &mut Value, from: Value) {
    match (into, from) {
        (Value::Object(into), Value::Object(from)) => {
            for (key, value) in from {
                merge(into.entry(key).or_insert(Value::Null), value);
            }
        }
        (into, from) => *into = from,
    }
}

fn failure(code: u16, message: &str) -> Value {
    let reason = match code {
        404 => "NotFound",
        409 => "AlreadyExists",
        _ => "Forbidden",
    };
    json!({ "kind": "Status", "status": "Failure", "code": code, "message": message, "reason": reason })
}

fn kind_of(plural: &str) -> String {
    match plural {
        "events" => "Event".to_owned(),
        "fooddeliveryplatforms" => "FoodDeliveryPlatform".to_owned(),
        other => {
            let kind = all_kinds().find(|kind| kind.plural == other);
            kind.unwrap_or_else(|| panic!("nobody expects calls about {other}"))
                .kind
        }
    }
}
