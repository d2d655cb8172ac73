//! A control plane with our definitions, operators that run on it as processes, and the objects that they create.

use std::{
    collections::BTreeSet,
    fs::File,
    path::Path,
    process::Stdio,
    time::{Duration, Instant},
};

use fdp_crds::{FoodDeliveryPlatform, condition};
use fdp_operator::{cli::render::render, kubernetes::names, plan::owned_kinds, settings::Settings};
use fdp_test_control_plane::ControlPlane;
use k8s_openapi::api::core::v1::ConfigMap;
use kube::{
    Api, Client, Resource as _, ResourceExt as _,
    api::{DeleteParams, ListParams, Patch, PatchParams, PostParams},
    core::{ApiResource, DynamicObject},
};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use serde_json::{Value, json};
use tokio::process::{Child, Command};
use tokio_util::task::AbortOnDropHandle;

use crate::process;

/// The timeout for everything that the operator does, except its start.
pub const TIMEOUT: Duration = Duration::from_secs(30);
pub const NAMESPACE: &str = "food";

pub struct World {
    pub plane: ControlPlane,
    pub client: Client,
    directory: tempfile::TempDir,
    _nodes: AbortOnDropHandle<()>,
}

impl World {
    pub async fn start() -> Self {
        Self::where_run(|_| true).await
    }

    /// A control plane where pods run if their image satisfies `works`; the others stay pending.
    pub async fn where_run(works: impl Fn(&str) -> bool + Send + 'static) -> Self {
        let plane = ControlPlane::start().await.unwrap();
        plane.install(&fdp_crds::definitions()).await.unwrap();
        let client = plane.client().unwrap();
        for name in [NAMESPACE, "operators"] {
            plane.make_namespace(name).await.unwrap();
        }
        let nodes = tokio::spawn(fdp_test_control_plane::pods::pretend_to_run(
            client.clone(),
            works,
        ));
        Self {
            plane,
            client,
            directory: tempfile::tempdir().unwrap(),
            _nodes: AbortOnDropHandle::new(nodes),
        }
    }

    pub fn platforms(&self) -> Api<FoodDeliveryPlatform> {
        Api::namespaced(self.client.clone(), NAMESPACE)
    }

    pub async fn apply(&self, name: &str, spec: &Value) {
        let platform = manifest(name, spec);
        self.platforms()
            .patch(
                name,
                &PatchParams::apply("somebody").force(),
                &Patch::Apply(&platform),
            )
            .await
            .unwrap();
    }

    pub async fn annotate(&self, name: &str, annotation: &str, value: &str) {
        let change = json!({ "metadata": { "annotations": { annotation: value } } });
        self.platforms()
            .patch(name, &PatchParams::default(), &Patch::Merge(change))
            .await
            .unwrap();
    }

    pub async fn delete(&self, name: &str) {
        match self.platforms().delete(name, &DeleteParams::default()).await {
            Ok(_) => {}
            Err(kube::Error::Api(status)) if status.code == 404 => {}
            Err(error) => panic!("{error}"),
        }
    }

    /// Waits until the garbage collector deletes the objects of a deleted platform. It discovers new kinds every 30
    /// s, and until then it does not collect what belongs to a deleted platform.
    pub async fn collects_garbage(&self) {
        let name = "collected";
        self.apply(name, &json!({ "suspend": true })).await;
        let owner = self
            .platforms()
            .get(name)
            .await
            .unwrap()
            .controller_owner_ref(&());
        let mut left = ConfigMap::default();
        left.metadata.name = Some(name.to_owned());
        left.metadata.owner_references = owner.map(|owner| vec![owner]);
        let left_behind = Api::<ConfigMap>::namespaced(self.client.clone(), NAMESPACE);
        let created = left_behind.create(&PostParams::default(), &left).await.unwrap();
        self.delete(name).await;
        let uid = created.uid().unwrap();
        let gone = kube::runtime::conditions::is_deleted(&uid);
        let waited = kube::runtime::wait::await_condition(left_behind, name, gone);
        tokio::time::timeout(Duration::from_mins(3), waited)
            .await
            .unwrap()
            .unwrap();
    }

    /// Installs the definitions of a third-party project.
    pub async fn install(&self, family: fdp_programs::Family) {
        let files = fdp_programs::definitions(family).unwrap();
        self.plane
            .install(&fdp_programs::read(&files).unwrap())
            .await
            .unwrap();
    }

    /// Objects of any kind in the namespace of the platforms.
    pub fn dynamic(&self, kind: &ApiResource) -> Api<DynamicObject> {
        Api::namespaced_with(self.client.clone(), NAMESPACE, kind)
    }

    /// The message of a condition for the current generation of a platform; empty if there is none.
    pub async fn condition(&self, name: &str, type_: &str) -> String {
        let platform = self.platforms().get(name).await.unwrap();
        let generation = platform.metadata.generation;
        let conditions = platform
            .status
            .map(|status| status.conditions)
            .unwrap_or_default();
        condition::find(&conditions, type_)
            .filter(|condition| condition.observed_generation == generation)
            .map(|condition| format!("{} {}: {}", condition.status, condition.reason, condition.message))
            .unwrap_or_default()
    }

    /// The condition for the current generation of a platform as `status reason: message`; empty if there is none.
    pub async fn says(&self, name: &str, type_: &str, words: &[&str]) -> String {
        eventually(&format!("{type_} of {name} says {words:?}"), async || {
            let said = self.condition(name, type_).await;
            if words.iter().all(|word| said.contains(word)) {
                Ok(said)
            } else {
                Err(said)
            }
        })
        .await
    }

    /// Waits until a condition contains all these texts, and returns it as [`Self::condition`] does.
    pub async fn made_for(&self, platform: &str) -> BTreeSet<String> {
        let mut made = BTreeSet::new();
        for kind in owned_kinds() {
            let api = Api::<DynamicObject>::namespaced_with(self.client.clone(), NAMESPACE, &kind);
            let ours = ListParams::default().labels(&format!("{}={platform}", names::PLATFORM_LABEL));
            for object in api.list(&ours).await.unwrap() {
                made.insert(without_hash(&format!("{} {}", kind.kind, object.name_any())));
            }
        }
        made
    }

    /// Whether `fdp diff` finds that the cluster matches a platform; its output if not.
    pub async fn differs(&self, name: &str, spec: &Value) -> Result<(), String> {
        let file = self.directory.path().join("platform.yaml");
        std::fs::write(&file, manifest(name, spec).to_string()).unwrap();
        let output = Command::new(process::program().unwrap())
            .arg("diff")
            .arg("--file")
            .arg(&file)
            .env("KUBECONFIG", self.plane.kubeconfig())
            .output()
            .await
            .unwrap();
        if output.status.success() {
            return Ok(());
        }
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        Err(text + &String::from_utf8_lossy(&output.stderr))
    }

    /// The last lines of the operators' logs.
    fn log(&self) -> String {
        let file = self.plane.kubeconfig().with_file_name("operator.log");
        let text = std::fs::read_to_string(file).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(30)..].join("\n")
    }

    /// Waits until the cluster exactly matches a platform, and the status is about its current generation.
    pub async fn settles(&self, name: &str, spec: &Value) {
        let expected = expected(name, spec);
        let deadline = Instant::now() + TIMEOUT;
        loop {
            let made = self.made_for(name).await;
            let platform = self.platforms().get(name).await.unwrap();
            let seen = platform
                .status
                .as_ref()
                .and_then(|status| status.observed_generation);
            let differs = if made == expected && seen == platform.metadata.generation {
                match self.differs(name, spec).await {
                    Ok(()) => return,
                    Err(text) => text,
                }
            } else {
                String::new()
            };
            assert!(
                Instant::now() < deadline,
                "{name} did not settle: missing {:?}, too many {:?}, generation {:?} of {:?}\n{differs}\nits status: {:?}\n{}",
                expected.difference(&made).collect::<Vec<_>>(),
                made.difference(&expected).collect::<Vec<_>>(),
                seen,
                platform.metadata.generation,
                platform.status,
                self.log(),
            );
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}

/// Polls until `look` succeeds.
pub async fn eventually<T>(what: &str, look: impl AsyncFn() -> Result<T, String>) -> T {
    let deadline = Instant::now() + TIMEOUT;
    loop {
        match look().await {
            Ok(found) => return found,
            Err(last) => assert!(Instant::now() < deadline, "timed out: {what}; last seen: {last}"),
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// A platform as users write it.
fn manifest(name: &str, spec: &Value) -> Value {
    process::platform(NAMESPACE, name, spec)
}

/// Kind and name of all objects of a platform in a cluster without third-party operators.
pub fn expected(name: &str, spec: &Value) -> BTreeSet<String> {
    let rendered = render(&manifest(name, spec).to_string(), &Settings::default()).unwrap();
    let kinds: Vec<String> = owned_kinds().into_iter().map(|kind| kind.kind).collect();
    let documents: Vec<Value> = serde_saphyr::from_multiple(&rendered).unwrap();
    documents
        .iter()
        .filter(|document| kinds.iter().any(|kind| document["kind"] == **kind))
        .map(|document| {
            let text = |value: &Value| value.as_str().unwrap().to_owned();
            without_hash(&format!(
                "{} {}",
                text(&document["kind"]),
                text(&document["metadata"]["name"])
            ))
        })
        .collect()
}

/// Removes the hash at the end of the setup Job's name: it depends on the passwords, which differ between clusters.
pub fn without_hash(name: &str) -> String {
    match name.find("-setup-") {
        Some(start) => name[..start + "-setup".len()].to_owned(),
        None => name.to_owned(),
    }
}

/// An operator process. It is killed when it is dropped.
pub struct Operator {
    process: Child,
    address: String,
}

impl Operator {
    pub fn start(kubeconfig: &Path) -> Self {
        Self::spawn(kubeconfig, None, &[])
    }

    /// An operator that uses AWS at that address.
    pub fn with_aws(kubeconfig: &Path, endpoint: &str) -> Self {
        let environment = [
            ("AWS_ENDPOINT_URL", endpoint),
            ("AWS_ACCESS_KEY_ID", "anybody"),
            ("AWS_SECRET_ACCESS_KEY", "nothing"),
        ];
        Self::spawn(kubeconfig, None, &environment)
    }

    /// One that was installed with these settings.
    pub fn with_environment(kubeconfig: &Path, environment: &[(&str, &str)]) -> Self {
        Self::spawn(kubeconfig, None, environment)
    }

    /// An operator that sends its traces to the collector at that address.
    pub fn with_collector(kubeconfig: &Path, endpoint: &str) -> Self {
        Self::spawn(kubeconfig, None, &[("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint)])
    }

    /// An operator that acquires the Lease with that name before it writes.
    pub fn candidate(kubeconfig: &Path, identity: &str) -> Self {
        Self::spawn(kubeconfig, Some(identity), &[])
    }

    fn spawn(kubeconfig: &Path, identity: Option<&str>, environment: &[(&str, &str)]) -> Self {
        let address = process::free_address().unwrap();
        let log = kubeconfig.with_file_name("operator.log");
        let log = File::options().create(true).append(true).open(log).unwrap();
        let mut command = Command::new(process::program().unwrap());
        command
            .arg("run")
            .env("KUBECONFIG", kubeconfig)
            .env("DASHBOARD_ADDR", &address)
            .envs(environment.iter().copied())
            .stdin(Stdio::null())
            .stdout(log)
            .kill_on_drop(true);
        if let Some(identity) = identity {
            command
                .env("LEASE_NAMESPACE", "operators")
                .env("POD_NAME", identity);
        }
        Self {
            process: command.spawn().unwrap(),
            address,
        }
    }

    /// Kills it, as a power failure would.
    pub async fn kill(mut self) {
        self.process.kill().await.unwrap();
    }

    /// Sends it a termination signal and waits until it has ended.
    pub async fn stop(mut self) {
        let id = i32::try_from(self.process.id().unwrap()).unwrap();
        kill(Pid::from_raw(id), Signal::SIGTERM).unwrap();
        let status = self.process.wait().await.unwrap();
        assert!(status.success(), "{status}");
    }

    /// The sum of a metric's samples whose labels contain that text; `None` if it does not respond.
    pub async fn metric(&self, name: &str, labels: &str) -> Option<u64> {
        process::metric(&self.address, name, labels).await.ok()
    }

    /// The answer to a request for that page: its code, and what it says; 0 while nobody answers.
    pub async fn page(&self, path: &str) -> (u16, String) {
        process::page(&self.address, path).await.unwrap_or_default()
    }

    /// The number of requests with that verb so far.
    pub async fn requests(&self, verb: &str) -> u64 {
        self.metric("fdp_api_requests_total", &format!("verb=\"{verb}\""))
            .await
            .unwrap()
    }
}
