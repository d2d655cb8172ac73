//! Says whether a workload is up, and if not, why, naming the object.

use std::sync::Arc;

use k8s_openapi::api::{
    apps::v1::{Deployment, StatefulSet},
    batch::v1::Job,
    core::v1::{ContainerStatus, Pod},
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kube::ResourceExt;

use super::{
    apis::{Apis, Family},
    names,
};

/// How a part is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Health {
    /// It is up as planned.
    Ready,
    /// It is not up yet, or not any more; it may get there by itself.
    Waiting(String),
    /// It will not get there unless somebody steps in.
    Failed(String),
    /// It needs a program that is not in the cluster; it gets there when somebody installs that.
    Absent(String),
}

impl Health {
    /// Whether it is up.
    pub fn is_ready(&self) -> bool {
        *self == Self::Ready
    }

    /// Why it is not up.
    pub fn message(&self) -> Option<&str> {
        match self {
            Self::Ready => None,
            Self::Waiting(message) | Self::Failed(message) | Self::Absent(message) => Some(message),
        }
    }
}

/// What is said of a part whose program the cluster does not have; `field` is the one that asks for it.
pub fn absent(family: Family, apis: &Apis, field: &str) -> Health {
    let kind = apis.missing(family).unwrap_or_default();
    Health::Absent(format!(
        "{family} is not in the cluster, which does not serve {kind}: install {family}, or change {field}"
    ))
}

/// How a Deployment is doing; `required` replicas are enough, or all that it wants if `None`.
///
/// An autoscaler that adds replicas must not make the platform unready, hence `required`.
pub fn deployment(
    name: &str,
    deployment: Option<&Deployment>,
    required: Option<i32>,
    pods: &[&Arc<Pod>],
) -> Health {
    let Some(deployment) = deployment else {
        return Health::Waiting(format!("Deployment {name}: not created yet"));
    };
    let status = deployment.status.clone().unwrap_or_default();
    let desired = deployment
        .spec
        .as_ref()
        .and_then(|spec| spec.replicas)
        .unwrap_or(1);
    let required = required.unwrap_or(desired).min(desired);
    let available = status.available_replicas.unwrap_or(0);
    let updated = status.updated_replicas.unwrap_or(0);
    let total = status.replicas.unwrap_or(0);
    let condition = |type_: &str, expected: &str| {
        status
            .conditions
            .iter()
            .flatten()
            .find(|condition| condition.type_ == type_ && condition.status == expected)
            .map(|condition| condition.message.clone().unwrap_or_default())
    };
    if !observed(deployment.metadata.generation, status.observed_generation) {
        return Health::Waiting(format!(
            "Deployment {name}: the last change is not rolled out yet"
        ));
    }
    let finished = updated >= required && total == updated;
    if finished && available >= required {
        return Health::Ready;
    }
    let why = why(pods)
        .or_else(|| condition("ReplicaFailure", "True"))
        .map(|why| format!(": {why}"))
        .unwrap_or_default();
    let message = if available >= required {
        format!(
            "Deployment {name}: {updated} of {desired} replicas updated, {} old left{why}",
            total - updated
        )
    } else {
        format!("Deployment {name}: {available} of {desired} ready{why}")
    };
    match condition("Progressing", "False") {
        Some(_) => Health::Failed(message),
        None => Health::Waiting(message),
    }
}

/// How a `StatefulSet` is doing.
pub fn stateful_set(name: &str, set: Option<&StatefulSet>, pods: &[&Arc<Pod>]) -> Health {
    let Some(set) = set else {
        return Health::Waiting(format!("StatefulSet {name}: not created yet"));
    };
    let status = set.status.clone().unwrap_or_default();
    let desired = set.spec.as_ref().and_then(|spec| spec.replicas).unwrap_or(1);
    if !observed(set.metadata.generation, status.observed_generation) {
        return Health::Waiting(format!(
            "StatefulSet {name}: the last change is not rolled out yet"
        ));
    }
    let ready = status.ready_replicas.unwrap_or(0);
    let updated = status.updated_replicas.unwrap_or(0);
    if ready >= desired && updated >= desired && status.current_revision == status.update_revision {
        return Health::Ready;
    }
    let why = why(pods).map(|why| format!(": {why}")).unwrap_or_default();
    Health::Waiting(if ready >= desired {
        format!("StatefulSet {name}: {updated} of {desired} replicas updated{why}")
    } else {
        format!("StatefulSet {name}: {ready} of {desired} ready{why}")
    })
}

/// How a Job is doing.
pub fn job(name: &str, job: Option<&Job>, pods: &[&Arc<Pod>]) -> Health {
    let Some(job) = job else {
        return Health::Waiting(format!("Job {name}: not created yet"));
    };
    let holds = |type_: &str| {
        let status = job.status.as_ref()?;
        status
            .conditions
            .iter()
            .flatten()
            .find(|condition| condition.type_ == type_ && condition.status == "True")
    };
    if holds("Complete").is_some() {
        return Health::Ready;
    }
    if let Some(failed) = holds("Failed") {
        let why = failed.message.clone().unwrap_or_default();
        return Health::Failed(format!(
            "Job {name}: failed: {why}; look at its logs, and delete it to try again"
        ));
    }
    let why = why(pods).map(|why| format!(": {why}")).unwrap_or_default();
    Health::Waiting(format!("Job {name}: not finished{why}"))
}

/// When the last rollout of a Deployment was finished.
pub fn rolled_out_since(deployment: &Deployment) -> Option<Time> {
    let conditions = deployment.status.as_ref()?.conditions.as_ref()?;
    let finished = conditions.iter().find(|condition| {
        condition.type_ == "Progressing" && condition.reason.as_deref() == Some("NewReplicaSetAvailable")
    })?;
    finished.last_update_time.clone()
}

pub(super) fn observed(generation: Option<i64>, observed_generation: Option<i64>) -> bool {
    observed_generation.unwrap_or(0) >= generation.unwrap_or(0)
}

/// What keeps the worst of these pods from being ready.
pub(super) fn why(pods: &[&Arc<Pod>]) -> Option<String> {
    pods.iter()
        .filter_map(|pod| trouble(pod))
        .max_by_key(|(weight, _)| *weight)
        .map(|(_, why)| why)
}

/// What keeps a pod from being ready, with a weight: the more it tells, the heavier.
fn trouble(pod: &Pod) -> Option<(u8, String)> {
    let name = pod.name_any();
    let status = pod.status.as_ref()?;
    if pod.metadata.deletion_timestamp.is_some() || status.phase.as_deref() == Some("Succeeded") {
        return None;
    }
    let condition = |type_: &str| {
        status
            .conditions
            .iter()
            .flatten()
            .find(|condition| condition.type_ == type_)
    };
    if let Some(scheduled) = condition("PodScheduled").filter(|condition| condition.status == "False") {
        let reason = scheduled.reason.as_deref().unwrap_or("Unschedulable");
        let message = scheduled.message.as_deref().map(shortened).unwrap_or_default();
        return Some((3, format!("pod {name}: {reason}: {message}")));
    }
    if status.phase.as_deref() == Some("Failed") {
        let reason = status.reason.as_deref().unwrap_or("Failed");
        let message = status.message.as_deref().map(shortened).unwrap_or_default();
        return Some((2, format!("pod {name}: {reason}: {message}")));
    }
    let containers = status
        .init_container_statuses
        .iter()
        .chain(&status.container_statuses)
        .flatten();
    let waiting = containers
        .filter_map(container_trouble)
        .max_by_key(|(weight, _)| *weight);
    if let Some((weight, why)) = waiting {
        return Some((weight, format!("pod {name}: {why}")));
    }
    let ready = condition("Ready").is_some_and(|condition| condition.status == "True");
    (!ready).then(|| (0, format!("pod {name}: started, does not answer yet")))
}

fn container_trouble(container: &ContainerStatus) -> Option<(u8, String)> {
    let waiting = container.state.as_ref()?.waiting.as_ref()?;
    match waiting.reason.as_deref().unwrap_or("Waiting") {
        "ContainerCreating" | "PodInitializing" => Some((1, "starting".to_owned())),
        // Its message counts seconds, which would change the status all the time.
        "CrashLoopBackOff" => {
            let last = container
                .last_state
                .as_ref()
                .and_then(|state| state.terminated.as_ref());
            let how = last.map_or_else(String::new, |last| {
                format!(
                    ": exited with code {} ({})",
                    last.exit_code,
                    last.reason.as_deref().unwrap_or("Error")
                )
            });
            Some((4, format!("CrashLoopBackOff: container {}{how}", container.name)))
        }
        // The two take turns, with texts that fill a page.
        "ErrImagePull" | "ImagePullBackOff" => Some((
            4,
            format!("ImagePullBackOff: cannot pull image {}", container.image),
        )),
        reason => {
            let message = waiting
                .message
                .as_deref()
                .map(|text| format!(": {}", shortened(text)));
            Some((4, format!("{reason}{}", message.unwrap_or_default())))
        }
    }
}

/// The text, cut off where nobody would read on.
pub fn shortened(text: &str) -> String {
    const LONGEST: usize = 200;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// The pods of one part.
pub fn pods_of<'a>(pods: &'a [Arc<Pod>], part: &str) -> Vec<&'a Arc<Pod>> {
    pods.iter()
        .filter(|pod| {
            pod.labels()
                .get(names::NAME_LABEL)
                .is_some_and(|name| name == part)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn parse_deployment(spec_replicas: i32, status: &Value) -> Deployment {
        serde_json::from_value(json!({
            "metadata": { "name": "shop-order", "generation": 3 },
            "spec": { "replicas": spec_replicas, "selector": {}, "template": {} },
            "status": status,
        }))
        .unwrap()
    }

    fn pod(status: &Value) -> Arc<Pod> {
        Arc::new(
            serde_json::from_value(json!({ "metadata": { "name": "shop-order-x" }, "status": status }))
                .unwrap(),
        )
    }

    #[test]
    fn a_deployment_is_ready_when_all_replicas_are_new_and_answer() {
        let cases = [
            (
                json!({ "observedGeneration": 3, "replicas": 2, "updatedReplicas": 2, "availableReplicas": 2 }),
                true,
            ),
            (
                json!({ "observedGeneration": 2, "replicas": 2, "updatedReplicas": 2, "availableReplicas": 2 }),
                false,
            ),
            (
                json!({ "observedGeneration": 3, "replicas": 2, "updatedReplicas": 2, "availableReplicas": 1 }),
                false,
            ),
            (
                json!({ "observedGeneration": 3, "replicas": 3, "updatedReplicas": 2, "availableReplicas": 3 }),
                false,
            ),
            (
                json!({ "observedGeneration": 3, "replicas": 2, "updatedReplicas": 1, "availableReplicas": 2 }),
                false,
            ),
            (json!({}), false),
        ];
        for (status, ready) in cases {
            let health = deployment("shop-order", Some(&parse_deployment(2, &status)), None, &[]);
            assert_eq!(health.is_ready(), ready, "{status}: {health:?}");
        }
    }

    #[test]
    fn a_deployment_that_should_have_no_replicas_is_ready_without_any() {
        let none = parse_deployment(0, &json!({ "observedGeneration": 3 }));
        assert!(deployment("shop-store", Some(&none), None, &[]).is_ready());
    }

    #[test]
    fn replicas_that_an_autoscaler_adds_do_not_make_a_service_unready() {
        let growing = parse_deployment(
            4,
            &json!({ "observedGeneration": 3, "replicas": 4, "updatedReplicas": 4, "availableReplicas": 1 }),
        );
        assert!(deployment("shop-order", Some(&growing), Some(1), &[]).is_ready());
        assert!(!deployment("shop-order", Some(&growing), Some(2), &[]).is_ready());
    }

    #[test]
    fn the_message_names_the_deployment_and_what_holds_its_pod() {
        let status = json!({ "observedGeneration": 3, "replicas": 1, "updatedReplicas": 1 });
        let pod = pod(&json!({ "phase": "Pending", "containerStatuses": [{
            "name": "order", "image": "order:2", "imageID": "", "ready": false, "restartCount": 0,
            "state": { "waiting": { "reason": "ErrImagePull", "message": "no such image" } },
        }] }));
        assert_eq!(
            deployment("shop-order", Some(&parse_deployment(1, &status)), None, &[&pod]),
            Health::Waiting(
                "Deployment shop-order: 0 of 1 ready: pod shop-order-x: ImagePullBackOff: cannot pull image order:2"
                    .to_owned()
            )
        );
    }

    #[test]
    fn a_crash_is_told_by_its_exit_code() {
        let pod = pod(&json!({ "phase": "Running", "containerStatuses": [{
            "name": "order", "image": "", "imageID": "", "ready": false, "restartCount": 4,
            "state": { "waiting": { "reason": "CrashLoopBackOff", "message": "back-off 40s" } },
            "lastState": { "terminated": { "exitCode": 137, "reason": "OOMKilled" } },
        }] }));
        assert_eq!(
            why(&[&pod]).unwrap(),
            "pod shop-order-x: CrashLoopBackOff: container order: exited with code 137 (OOMKilled)"
        );
    }

    #[test]
    fn a_pod_without_a_node_says_why() {
        let pod = pod(&json!({ "phase": "Pending", "conditions": [
            { "type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "Insufficient cpu" },
        ] }));
        assert_eq!(
            why(&[&pod]).unwrap(),
            "pod shop-order-x: Unschedulable: Insufficient cpu"
        );
    }

    #[test]
    fn a_deployment_past_its_deadline_has_failed() {
        let status = json!({ "observedGeneration": 3, "replicas": 1, "updatedReplicas": 1, "conditions": [
            { "type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded" },
        ] });
        assert!(matches!(
            deployment("shop-order", Some(&parse_deployment(1, &status)), None, &[]),
            Health::Failed(_)
        ));
    }

    #[test]
    fn a_job_is_ready_once_complete_and_failed_once_given_up() {
        let parse = |type_: &str| -> Job {
            serde_json::from_value(json!({
                "metadata": { "name": "shop-setup" },
                "status": { "conditions": [{ "type": type_, "status": "True", "message": "too many" }] },
            }))
            .unwrap()
        };
        assert!(job("shop-setup", Some(&parse("Complete")), &[]).is_ready());
        assert!(matches!(
            job("shop-setup", Some(&parse("Failed")), &[]),
            Health::Failed(_)
        ));
        assert!(matches!(job("shop-setup", None, &[]), Health::Waiting(_)));
    }

    #[test]
    fn a_stateful_set_is_ready_when_its_pod_runs_the_newest_revision() {
        let parse = |current: &str, ready: i32| -> StatefulSet {
            serde_json::from_value(json!({
                "metadata": { "name": "shop-kafka", "generation": 1 },
                "spec": { "replicas": 1, "selector": {}, "template": {}, "serviceName": "x" },
                "status": { "replicas": 1, "readyReplicas": ready, "updatedReplicas": 1, "observedGeneration": 1,
                            "currentRevision": current, "updateRevision": "b" },
            }))
            .unwrap()
        };
        assert!(stateful_set("shop-kafka", Some(&parse("b", 1)), &[]).is_ready());
        assert!(!stateful_set("shop-kafka", Some(&parse("a", 1)), &[]).is_ready());
        assert!(!stateful_set("shop-kafka", Some(&parse("b", 0)), &[]).is_ready());
    }
}
