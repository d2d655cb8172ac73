//! Whether no pod uses a data store any more.

use k8s_openapi::api::apps::v1::Deployment;

use crate::{
    model::observed::Observed,
    plan::{
        rollout,
        stores::users::{part_of, running, users},
    },
    spec::{Place, Store, Validated},
};

/// Whether all pods that use a data store use another one than `former`: each Deployment is updated to its last pod, and the
/// pods before are gone.
pub(super) fn moved(platform: &Validated, observed: &Observed, store: Store, former: &Place) -> bool {
    let users = users(platform, observed, store);
    users.iter().all(|(deployment, place)| {
        place != former && rollout::of_deployment(deployment).is_ok() && no_old_pods(deployment, observed)
    })
}

/// Whether a Deployment has no pods beyond those that it counts: pods that are being stopped still answer requests.
fn no_old_pods(deployment: &Deployment, observed: &Observed) -> bool {
    let Some(part) = part_of(deployment) else {
        return true;
    };
    let counted = deployment.status.as_ref().and_then(|status| status.replicas);
    let counted = usize::try_from(counted.unwrap_or(0)).unwrap_or(0);
    running(observed, part).len() <= counted
}
