//! A cluster that carries out what is planned one small step after the other: Deployments get and lose single pods, writes
//! fail, and reconciliations are interrupted.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use fdp_crds::FoodDeliveryPlatform;
use fdp_operator::{
    kubernetes::names,
    model::{
        apis::{Apis, MetricsApi},
        assessment::Assessment,
        object::ObjectKey,
        observed::{Children, Observed},
        referenced::Referenced,
        remembered::Remembered,
    },
    plan::{changes::changes, conditions::assess, plan},
    settings::Settings,
    spec::{CHANGE_STORE, Validated},
};
use k8s_openapi::{ByteString, api::core::v1::Pod};
use kube::{
    ResourceExt as _,
    core::{ApiResource, DynamicObject},
};
use serde_json::{Value, json};

pub(crate) fn platform(spec: &Value, word: &str) -> Validated {
    let platform: FoodDeliveryPlatform = serde_json::from_value(json!({
        "apiVersion": "fooddelivery.dev/v1alpha1", "kind": "FoodDeliveryPlatform",
        "metadata": { "name": "shop", "namespace": "food", "uid": "1", "annotations": { CHANGE_STORE: word } },
        "spec": spec,
    }))
    .unwrap();
    Validated::new(&platform, &Settings::default()).unwrap()
}

/// The identity of the next object.
static NEXT: AtomicUsize = AtomicUsize::new(1);

/// A pod of a Deployment.
#[derive(Clone, Debug)]
struct SimulatedPod {
    number: usize,
    part: String,
    /// The template that it was made from.
    template: Value,
    stopping: bool,
}

/// What happens in the cluster beside reconciliations.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Step {
    /// The controller of this Deployment, by its number, does the next thing.
    Deployment(usize),
    /// A pod that is being stopped goes, by its number among those.
    Stopped(usize),
    /// Servers and Jobs come up.
    Servers,
}

/// Which calls of a reconciliation fail.
pub(crate) trait Faults {
    fn fails(&mut self) -> bool;
}

/// None does.
pub(crate) struct Never;

impl Faults for Never {
    fn fails(&mut self) -> bool {
        false
    }
}

#[derive(Default)]
pub(crate) struct Cluster {
    pub(crate) observed: Observed,
    pods: Vec<SimulatedPod>,
    made: usize,
}

impl Cluster {
    /// A cluster in which that platform is up.
    pub(crate) fn with(spec: &Value) -> Self {
        let mut cluster = Self::default();
        cluster.observed.apis = Apis::all();
        cluster.observed.metrics = MetricsApi::Available;
        for (name, host) in [("rds", "db.example.com"), ("aurora", "aurora.example.com")] {
            let secret = Referenced::of(
                &[
                    ("host", host),
                    ("port", "5432"),
                    ("username", "a"),
                    ("password", "b"),
                    ("brokers", host),
                ]
                .map(|(key, value)| (key.to_owned(), ByteString(value.as_bytes().to_vec())))
                .into(),
            );
            cluster.observed.referenced.insert(name.to_owned(), secret);
        }
        cluster.settles(&platform(spec, ""));
        cluster
    }

    /// One reconciliation, some of whose calls fail; its end.
    pub(crate) fn reconcile(&mut self, platform: &Validated, faults: &mut impl Faults) -> Assessment {
        let plan = plan(platform, &self.observed);
        let children = self.observed.children.clone();
        let changes = changes(platform, &plan, &children);
        for write in changes.generated.iter().chain(&changes.writes) {
            if faults.fails() {
                continue;
            }
            let (planned, live) = (write.planned, write.live.map(|live| DynamicObject::clone(live)));
            if let (Some(replicas), Some(mut live)) = (planned.hand_over_replicas, live.clone()) {
                live.data["spec"]["replicas"] = json!(replicas);
                self.put(&planned.resource, live);
                self.judge();
            }
            let live = self.observed.children.get(&planned.key()).cloned();
            self.put(&planned.resource, applied(&planned.object, live.as_deref()));
        }
        for deletion in &changes.deletions {
            if !faults.fails() {
                self.remove(deletion.key);
            }
        }
        let assessment = assess(platform, &self.observed);
        if !faults.fails() {
            self.observed.remembered = Remembered {
                reachability: assessment.reachability.clone().unwrap_or_default(),
                served: self.observed.remembered.served || assessment.version.is_some(),
                stores: assessment
                    .stores
                    .clone()
                    .unwrap_or_else(|| self.observed.remembered.stores.clone()),
                ..Remembered::default()
            };
        }
        assessment
    }

    /// Something else happens.
    pub(crate) fn step(&mut self, step: Step) {
        match step {
            Step::Deployment(number) => {
                let deployments = self.names("Deployment");
                if let Some(name) = deployments.get(number % deployments.len().max(1)) {
                    self.controls(&name.clone());
                }
            }
            Step::Stopped(number) => {
                let stopping: Vec<usize> = self
                    .pods
                    .iter()
                    .filter(|pod| pod.stopping)
                    .map(|pod| pod.number)
                    .collect();
                if let Some(gone) = stopping.get(number % stopping.len().max(1)) {
                    self.pods.retain(|pod| pod.number != *gone);
                }
            }
            Step::Servers => {
                for kind in ["StatefulSet", "Job", "Cluster", "Kafka", "KafkaTopic"] {
                    for name in self.names(kind) {
                        self.is_up(kind, &name);
                    }
                }
            }
        }
        self.show_pods();
        self.judge();
    }

    /// Reconciles, without faults, until nothing changes any more.
    pub(crate) fn settles(&mut self, platform: &Validated) -> Assessment {
        for _ in 0..300 {
            let before = (self.state(), self.observed.remembered.clone());
            let assessment = self.reconcile(platform, &mut Never);
            self.step(Step::Servers);
            for number in 0..self.names("Deployment").len() {
                self.step(Step::Deployment(number));
            }
            self.step(Step::Stopped(0));
            if before == (self.state(), self.observed.remembered.clone()) {
                return assessment;
            }
        }
        panic!("it does not settle");
    }

    /// Where the database of each pod is, and its Kafka; each once.
    pub(crate) fn places(&self) -> (Vec<String>, Vec<String>) {
        let of = |variables: [&str; 2]| {
            let mut places: Vec<String> = self
                .pods
                .iter()
                .filter_map(|pod| place(&pod.template, variables))
                .collect();
            places.sort();
            places.dedup();
            places
        };
        (
            of(["DATABASE_HOST", "DATABASE_URL"]),
            of(["KAFKA_BROKERS", "KAFKA_BROKERS"]),
        )
    }

    /// How many pods there are.
    pub(crate) fn pods(&self) -> usize {
        self.pods.len()
    }

    /// How many pods a part has.
    pub(crate) fn count(&self, part: &str) -> usize {
        self.pods.iter().filter(|pod| pod.part == part).count()
    }

    /// Whether an object is there.
    pub(crate) fn has(&self, kind: &str, name: &str) -> bool {
        self.observed.children.get(&ObjectKey::new(kind, name)).is_some()
    }

    /// What an object is as long as nobody deletes it.
    pub(crate) fn uid(&self, kind: &str, name: &str) -> Option<String> {
        self.observed
            .children
            .get(&ObjectKey::new(kind, name))?
            .metadata
            .uid
            .clone()
    }

    /// Somebody changes an object by hand.
    pub(crate) fn edit(&mut self, kind: &str, name: &str, change: impl FnOnce(&mut DynamicObject)) {
        let found = self
            .observed
            .children
            .iter()
            .find(|(key, ..)| key.kind == kind && key.name == name);
        let (_, resource, object) = found.unwrap();
        let (resource, mut object) = (resource.clone(), DynamicObject::clone(object));
        change(&mut object);
        self.put(&resource, object);
    }

    /// Kind and generation of all objects, and the pods.
    fn state(&self) -> Vec<String> {
        let objects = self.observed.children.iter().map(|(key, _, object)| {
            format!(
                "{key} {:?} {:?} {}",
                object.metadata.generation,
                object.annotations(),
                object.data["status"]
            )
        });
        let pods = self
            .pods
            .iter()
            .map(|pod| format!("{} {}", pod.number, pod.stopping));
        objects.chain(pods).collect()
    }

    /// No two pods use different stores.
    fn judge(&self) {
        let (databases, kafkas) = self.places();
        assert!(databases.len() < 2, "pods on two databases: {databases:?}");
        assert!(kafkas.len() < 2, "pods on two Kafkas: {kafkas:?}");
    }

    /// The objects of a kind.
    pub(crate) fn names(&self, kind: &str) -> Vec<String> {
        let children = self.observed.children.iter();
        children
            .filter(|(key, ..)| key.kind == kind)
            .map(|(key, ..)| key.name.clone())
            .collect()
    }

    fn put(&mut self, resource: &ApiResource, object: DynamicObject) {
        self.observed.children.insert(resource, Arc::new(object));
    }

    fn remove(&mut self, gone: &ObjectKey) {
        let mut left = Children::default();
        for (_, resource, object) in self.observed.children.iter().filter(|(key, ..)| *key != gone) {
            left.insert(resource, Arc::clone(object));
        }
        self.observed.children = left;
    }

    fn is_up(&mut self, kind: &str, name: &str) {
        self.edit(kind, name, |object| {
            let replicas = object.data.pointer("/spec/replicas").cloned().unwrap_or(json!(1));
            object.data["status"] = match kind {
                "StatefulSet" => json!({ "replicas": replicas, "readyReplicas": replicas, "updatedReplicas": replicas,
                    "currentRevision": "a", "updateRevision": "a", "observedGeneration": object.metadata.generation }),
                "Job" => json!({ "conditions": [{ "type": "Complete", "status": "True" }] }),
                "Cluster" => json!({ "phase": "Cluster in healthy state", "readyInstances": 3 }),
                _ => json!({ "conditions": [{ "type": "Ready", "status": "True" }] }),
            };
        });
    }

    /// What the controller of a Deployment does next: one pod more or less, never fewer than wanted.
    fn controls(&mut self, name: &str) {
        let key = ObjectKey::new("Deployment", name);
        let deployment = DynamicObject::clone(self.observed.children.get(&key).unwrap());
        let part = deployment.labels()[names::NAME_LABEL].clone();
        let template = deployment.data["spec"]["template"].clone();
        let wanted = deployment.data["spec"]["replicas"].as_u64().unwrap_or(1);
        let wanted = usize::try_from(wanted).unwrap();
        let mine = |pod: &&mut SimulatedPod| pod.part == part && !pod.stopping;
        let there = self.pods.iter_mut().filter(mine).count();
        let old = self
            .pods
            .iter_mut()
            .filter(mine)
            .find(|pod| pod.template != template);
        match old {
            Some(old) if there > wanted => old.stopping = true,
            Some(_) => self.make(&part, &template),
            None if there < wanted => self.make(&part, &template),
            None if there > wanted => {
                if let Some(pod) = self.pods.iter_mut().find(mine) {
                    pod.stopping = true;
                }
            }
            None => {}
        }
        let pods: Vec<&SimulatedPod> = self
            .pods
            .iter()
            .filter(|pod| pod.part == part && !pod.stopping)
            .collect();
        let (there, updated) = (
            pods.len(),
            pods.iter().filter(|pod| pod.template == template).count(),
        );
        self.edit("Deployment", name, |object| {
            object.data["status"] = json!({ "replicas": there, "updatedReplicas": updated,
                "availableReplicas": there, "readyReplicas": there,
                "observedGeneration": object.metadata.generation, "conditions": [] });
            if there == wanted && updated == wanted {
                object.data["status"]["conditions"] =
                    json!([{ "type": "Progressing", "status": "True", "reason": "NewReplicaSetAvailable" }]);
            }
        });
    }

    fn make(&mut self, part: &str, template: &Value) {
        self.made += 1;
        self.pods.push(SimulatedPod {
            number: self.made,
            part: part.to_owned(),
            template: template.clone(),
            stopping: false,
        });
    }

    fn show_pods(&mut self) {
        let shown = self.pods.iter().map(|pod| {
            let pod: Pod = serde_json::from_value(json!({
                "metadata": { "name": format!("shop-{}-{}", pod.part, pod.number), "labels": { names::NAME_LABEL: pod.part } },
                "status": { "phase": "Running" },
            }))
            .unwrap();
            Arc::new(pod)
        });
        self.observed.pods = shown.collect();
    }
}

/// An object after its apply: what is not planned stays, and another specification is another generation.
fn applied(planned: &DynamicObject, live: Option<&DynamicObject>) -> DynamicObject {
    let mut object = planned.clone();
    let Some(live) = live else {
        object.metadata.generation = Some(1);
        object.metadata.uid = Some(NEXT.fetch_add(1, Ordering::Relaxed).to_string());
        return object;
    };
    if object.data.pointer("/spec/replicas").is_none()
        && let Some(replicas) = live.data.pointer("/spec/replicas")
    {
        object.data["spec"]["replicas"] = replicas.clone();
    }
    if let Some(status) = live.data.get("status") {
        object.data["status"] = status.clone();
    }
    if let Some(left) = live.annotations().get(names::UNMANAGED_FIELDS).cloned() {
        object
            .annotations_mut()
            .insert(names::UNMANAGED_FIELDS.to_owned(), left);
    }
    object.metadata.uid.clone_from(&live.metadata.uid);
    let is_same = object.data.get("spec") == live.data.get("spec");
    object.metadata.generation = live.metadata.generation.map(|last| last + i64::from(!is_same));
    object
}

/// The place that a template's variables name.
fn place(template: &Value, variables: [&str; 2]) -> Option<String> {
    let given = template["spec"]["containers"][0]["env"].as_array()?;
    let variable = variables
        .iter()
        .find_map(|name| given.iter().find(|variable| variable["name"] == *name))?;
    let secret = variable.pointer("/valueFrom/secretKeyRef/name");
    let text = secret.or(variable.get("value"))?.as_str()?;
    // Each service has its own name and database in the address.
    let server = text.split_once('@').map_or(text, |(_, server)| server);
    Some(server.split('/').next().unwrap_or(server).to_owned())
}
