//! Tests that neither Argo CD nor the operator overwrites the other's changes, and that nothing else is written while
//! nothing changes.

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

/// The interval between polls.
const PACE: Duration = Duration::from_secs(1);
/// The test is only meaningful if Argo CD compares at least once in this number of seconds.
const COMPARES_EVERY: u64 = 15;
/// Kinds that nobody writes to when nothing changes.
const STILL: &str = "configmaps,secrets,services,serviceaccounts,networkpolicies,statefulsets,jobs";
/// Kinds that Kubernetes itself continues to write to, because autoscalers measure and decide.
const LIVELY: &str = "deployments,horizontalpodautoscalers,poddisruptionbudgets";
/// All parts of the Application's status that are compared, printed as a line for each change.
const TOLD: &str = r#"jsonpath={.status.sync.status} {.status.health.status} {.status.reconciledAt} {.status.operationState.finishedAt}{"\n"}"#;

/// The result.
pub(super) struct Stillness {
    /// The number of objects that did not change.
    pub(super) objects: usize,
    /// The number of polls.
    pub(super) looks: usize,
    /// The number of comparisons by Argo CD in the meantime.
    pub(super) comparisons: usize,
}

/// Polls for `span`, and fails with the first change.
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

/// The platform and its children, each with a value that changes when somebody writes to it.
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

/// Changes with every write outside the status, except those of Kubernetes' own controllers.
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

/// Records every status of the Application, however short.
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

    /// The number of comparisons, if the result was always the same and caused no operation.
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
