//! Argo CD and the operator beside each other for a while: neither writes over the other, and nothing else is written.

use fdp_local::install::PLATFORM;
use fdp_local::kubectl::Kubectl;
use libtest_mimic::Failed;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::process::{Child, Stdio};
use std::thread;
use std::time::{Duration, Instant};
use tempfile::TempDir;

use super::programs::Programs;
use super::settings::{APPLICATION, NAMESPACE, namespace};

/// The pace of the looks, not a wait for anything.
const PACE: Duration = Duration::from_secs(1);
/// At least how often Argo CD must have compared for this to say anything: every this many seconds.
const COMPARES_EVERY: u64 = 15;
/// What is written to at rest by nobody at all.
const STILL: &str = "configmaps,secrets,services,serviceaccounts,networkpolicies,statefulsets,jobs";
/// Where Kubernetes itself goes on writing, as autoscalers measure and decide.
const LIVELY: &str = "deployments,horizontalpodautoscalers,poddisruptionbudgets";
/// Everything that Argo CD tells of the Application, a line each time that any of it changes.
const TOLD: &str = r#"jsonpath={.status.sync.status} {.status.health.status} {.status.reconciledAt} {.status.operationState.finishedAt}{"\n"}"#;

/// How it went.
pub(super) struct Stillness {
    /// How many objects stood still.
    pub(super) objects: usize,
    /// How often they were looked at.
    pub(super) looks: usize,
    /// How often Argo CD compared in the meantime.
    pub(super) comparisons: usize,
}

/// Looks for `span`, and fails with the first thing that moved.
pub(super) fn keep_looking(
    kubectl: &Kubectl,
    programs: &mut Programs,
    span: Duration,
) -> Result<Stillness, Failed> {
    let told = Told::follow(kubectl)?;
    let before = objects(kubectl)?;
    let begun = Instant::now();
    let mut looks = 0;
    while begun.elapsed() < span {
        thread::sleep(PACE);
        programs.still_run()?;
        let now = objects(kubectl)?;
        if now != before {
            return Err(difference(&before, &now).into());
        }
        looks += 1;
    }
    let comparisons = told.judge()?;
    let least = usize::try_from(span.as_secs() / COMPARES_EVERY)?;
    if comparisons < least {
        return Err(format!("Argo CD compared only {comparisons} times: this proves nothing").into());
    }
    Ok(Stillness {
        objects: before.len(),
        looks,
        comparisons,
    })
}

/// The platform and its children, each with what changes when somebody writes to it.
fn objects(kubectl: &Kubectl) -> Result<BTreeMap<String, Value>, Failed> {
    let namespace = namespace();
    let of_platform = format!("fooddelivery.dev/platform={PLATFORM}");
    let get = |what: &[&str]| {
        let flags = ["--namespace", &namespace, "--show-managed-fields"];
        kubectl.json(&[&["get"][..], what, &flags].concat())
    };
    let mut objects = BTreeMap::new();
    objects.insert(
        "the platform".to_owned(),
        exactly(&get(&["fooddeliveryplatform", PLATFORM])?),
    );
    for kinds in [STILL, LIVELY] {
        let list = get(&[kinds, "--selector", &of_platform])?;
        for object in list["items"].as_array().into_iter().flatten() {
            let name = format!("{} {}", object["kind"], object["metadata"]["name"]);
            let print = if kinds == STILL {
                exactly(object)
            } else {
                writers(object)
            };
            objects.insert(name, print);
        }
    }
    if objects.len() < 20 {
        return Err(format!("a platform has more objects than {:?}", objects.keys()).into());
    }
    Ok(objects)
}

/// Changes with every write.
fn exactly(object: &Value) -> Value {
    let metadata = &object["metadata"];
    json!([
        metadata["uid"],
        metadata["resourceVersion"],
        metadata["managedFields"]
    ])
}

/// Changes with every write to what is described, by anybody but Kubernetes' own controllers.
fn writers(object: &Value) -> Value {
    let metadata = &object["metadata"];
    let writers: Vec<&Value> = metadata["managedFields"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|entry| entry["subresource"].is_null() && entry["manager"] != "kube-controller-manager")
        .collect();
    json!([metadata["uid"], writers])
}

fn difference(before: &BTreeMap<String, Value>, now: &BTreeMap<String, Value>) -> String {
    let names: BTreeSet<&String> = before.keys().chain(now.keys()).collect();
    let moved: Vec<String> = names
        .into_iter()
        .filter(|name| before.get(*name) != now.get(*name))
        .map(|name| format!("{name}:\n  {:?}\n  {:?}", before.get(name), now.get(name)))
        .collect();
    format!("somebody wrote to\n{}", moved.join("\n"))
}

/// All that Argo CD tells of the Application, however briefly.
struct Told {
    follower: Child,
    folder: TempDir,
}

impl Told {
    fn follow(kubectl: &Kubectl) -> Result<Self, Failed> {
        let folder = tempfile::tempdir()?;
        let follower = kubectl
            .command()
            .args(["get", "application", APPLICATION, "--namespace", NAMESPACE])
            .args(["--watch", "--output", TOLD])
            .stdin(Stdio::null())
            .stdout(File::create(folder.path().join("told"))?)
            .spawn()
            .map_err(|error| format!("starting kubectl get --watch: {error}"))?;
        Ok(Self { follower, folder })
    }

    /// How often it has compared, if it said the same each time and did nothing.
    fn judge(mut self) -> Result<usize, Failed> {
        if let Some(status) = self.follower.try_wait()? {
            return Err(format!("kubectl get --watch ended by itself: {status}").into());
        }
        let told = fs::read_to_string(self.folder.path().join("told"))?;
        let (mut comparisons, mut operations) = (BTreeSet::new(), BTreeSet::new());
        for line in told.lines() {
            let words: Vec<&str> = line.split(' ').collect();
            let ["Synced", "Healthy", compared, finished] = words.as_slice() else {
                return Err(format!("Argo CD wavered:\n{told}").into());
            };
            comparisons.insert(*compared);
            operations.insert(*finished);
        }
        if operations.len() != 1 {
            return Err(format!("Argo CD applied again, at {operations:?}").into());
        }
        Ok(comparisons.len().saturating_sub(1))
    }
}

impl Drop for Told {
    fn drop(&mut self) {
        let _ = self.follower.kill();
        let _ = self.follower.wait();
    }
}
