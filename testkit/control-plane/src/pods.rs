//! Simulates nodes: sets the status of every pod to running, and of every pod of a Job to succeeded.

use futures::StreamExt as _;
use k8s_openapi::{api::core::v1::Pod, jiff::Timestamp};
use kube::{
    Api, Client, ResourceExt as _,
    api::{Patch, PatchParams},
    runtime::{WatchStreamExt as _, watcher},
};
use serde_json::{Value, json};

/// Does so until it is dropped, for pods whose image satisfies `works`.
pub async fn pretend_to_run(client: Client, works: impl Fn(&str) -> bool + Send) {
    let mut pods = watcher(Api::<Pod>::all(client.clone()), watcher::Config::default())
        .default_backoff()
        .applied_objects()
        .boxed();
    while let Some(pod) = pods.next().await {
        let Ok(pod) = pod else {
            // The watch recovers by itself.
            continue;
        };
        let image = pod
            .spec
            .iter()
            .flat_map(|spec| &spec.containers)
            .find_map(|container| container.image.as_deref())
            .unwrap_or_default();
        let phase = pod.status.as_ref().and_then(|status| status.phase.as_deref());
        if phase != Some("Pending") || pod.metadata.deletion_timestamp.is_some() || !works(image) {
            continue;
        }
        let namespace = pod.namespace().unwrap_or_default();
        let api = Api::<Pod>::namespaced(client.clone(), &namespace);
        let status = Patch::Merge(status(&pod));
        // The pod may have been deleted, or changed, in which case the watch reports it again.
        let _ = api
            .patch_status(&pod.name_any(), &PatchParams::default(), &status)
            .await;
    }
}

fn status(pod: &Pod) -> Value {
    let job = pod.labels().contains_key("batch.kubernetes.io/job-name");
    let now = Timestamp::now().to_string();
    let ready = if job { "False" } else { "True" };
    let conditions = ["Ready", "ContainersReady"]
        .map(|type_| json!({ "type": type_, "status": ready, "lastTransitionTime": now }));
    json!({ "status": {
        "phase": if job { "Succeeded" } else { "Running" },
        "startTime": now,
        "conditions": conditions,
    } })
}
