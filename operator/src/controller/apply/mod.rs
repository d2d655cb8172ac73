//! Step three: makes the changes of the plan, in its order.

mod contested;
mod delete;
mod node_ports;
mod write;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use futures::{StreamExt as _, stream};
use kube::{
    ResourceExt,
    core::{ApiResource, DynamicObject},
};

use crate::{
    controller::{platform::PlatformKey, restores::Restores, target_cluster::TargetCluster},
    model::{assessment::Unwritten, object::ObjectKey, observed::Children},
    plan::{
        Plan,
        changes::{changes, refusal},
        compared::{ChangeKind, Compared},
    },
    spec::Validated,
    telemetry,
};
use write::{WriteError, write};

/// Objects of one wave that are written at the same time.
const CONCURRENT_WRITES: usize = 8;

/// What was done to one object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    pub object: ObjectKey,
    pub kind: ChangeKind,
}

/// The result of applying a plan.
#[derive(Debug, Default)]
pub struct Outcome {
    pub changes: Vec<Change>,
    /// The written objects, as the API server returned them.
    pub written: Vec<(ApiResource, Arc<DynamicObject>)>,
    pub unwritten: Unwritten,
    /// The namespace is being deleted, so that nothing can be created in it any more; the rest was not tried.
    pub namespace_ends: bool,
    /// Some objects are being deleted, and the next reconciliation has to wait for them.
    pub deleting: bool,
    /// The `Retry-After` of the API server.
    pub retry_after: Option<Duration>,
    /// How long until an object that is left alone may be put back again.
    pub restores_in: Option<Duration>,
}

/// Applies a plan in its order, and deletes what is no longer planned.
///
/// If the API server rejects an object, the others are still written, except those that read a Secret which is not stored.
pub async fn apply(
    cluster: &TargetCluster,
    restores: &Restores,
    platform: &Validated,
    plan: &Plan,
    children: &Children,
) -> Outcome {
    let key = PlatformKey::new(&platform.namespace, &platform.name);
    let mut changes = changes(platform, plan, children);
    changes.set_aside(&restores.paused(&key, Instant::now()));
    let waiting = changes.waiting.iter();
    let mut outcome = Outcome {
        unwritten: Unwritten {
            waiting: waiting
                .map(|(key, why)| format!("{key} waits for {why}"))
                .collect(),
            suspended: changes.suspended.iter().map(ToString::to_string).collect(),
            ..Unwritten::default()
        },
        deleting: changes.being_deleted,
        ..Outcome::default()
    };
    for secret in std::mem::take(&mut changes.generated) {
        let result = write(cluster, platform, &secret).await;
        let waiting = match &result {
            Ok(_) => Vec::new(),
            Err(_) => changes.wait_for(&secret.planned.key()),
        };
        outcome.record(cluster, platform, &secret, result, &waiting);
        if outcome.namespace_ends {
            return outcome;
        }
    }
    for wave in changes.waves() {
        let mut results = stream::iter(wave)
            .map(|object| async move { (object, write(cluster, platform, object).await) })
            .buffered(CONCURRENT_WRITES);
        while let Some((object, result)) = results.next().await {
            outcome.record(cluster, platform, object, result, &[]);
        }
        drop(results);
        if outcome.namespace_ends {
            return outcome;
        }
    }
    for deletion in &changes.deletions {
        match delete::delete(cluster, platform, deletion).await {
            Ok(true) => outcome.changes.push(Change {
                object: deletion.key.clone(),
                kind: ChangeKind::Deleted,
            }),
            Ok(false) => {}
            Err(error) => outcome.unwritten.refused.push(format!(
                "{}: delete: {}",
                deletion.key,
                write::describe(&error)
            )),
        }
    }
    for change in &outcome.changes {
        if let ChangeKind::Restored { field } = &change.kind {
            restores.restored(&key, &change.object, field, Instant::now());
        }
    }
    for object in &changes.contested {
        contested::note(cluster, restores, &key, object).await;
    }
    (outcome.unwritten.contested, outcome.restores_in) = restores.contested(&key, Instant::now());
    outcome
}

impl Outcome {
    /// Records the result of a write, and what waits for the object if it was rejected.
    fn record(
        &mut self,
        cluster: &TargetCluster,
        platform: &Validated,
        object: &Compared<'_>,
        result: Result<DynamicObject, WriteError>,
        waiting: &[ObjectKey],
    ) {
        let (key, resource) = (object.planned.key(), &object.planned.resource);
        match result {
            Ok(written) => {
                let cached_version = object.live.and_then(|live| live.resource_version());
                cluster
                    .writes
                    .remember(&platform.namespace, resource, cached_version, &written);
                self.written.push((resource.clone(), Arc::new(written)));
                let kind = object.kind();
                if let ChangeKind::Restored { .. } = kind {
                    telemetry::drift_corrected(&resource.kind);
                }
                self.changes.push(Change { object: key, kind });
            }
            Err(error) => {
                self.retry_after = self.retry_after.max(error.retry_after());
                self.namespace_ends |= error.namespace_ends();
                self.unwritten
                    .refused
                    .push(refusal(&key, &error.describe(), waiting));
            }
        }
    }
}
