//! Canaries: a second version of a service, to which the mesh routes a share of the requests.

use k8s_openapi::api::apps::v1::Deployment;
use kube::ResourceExt;

use crate::{
    components::services::workload::{Connections, pod_labels, workload},
    kubernetes::{
        deployment, health, names,
        workload::{self, Workload},
    },
    model::{
        apis::Family,
        health::Health,
        object::{Planned, RolloutStage},
        observed::Observed,
    },
    spec::{Scaling, ServiceSettings, Validated},
};

/// The Deployment of a service's canary, if it has one.
///
/// Its pods have their own name label, so that the Deployment, autoscaler and disruption budget of the stable version
/// do not count them. The Kubernetes Service and the mesh select both versions by labels that both share.
pub fn deployment(
    platform: &Validated,
    settings: &ServiceSettings,
    observed: &Observed,
    connections: &Connections,
) -> Option<Planned> {
    if !runs(settings, observed) {
        return None;
    }
    let canary = settings.canary.as_ref()?;
    let name = settings.service.name();
    let part = names::canary(name);
    let mut stable = workload(platform, settings, observed, connections);
    stable.container.image = Some(with_tag(&platform.service_image(settings), &canary.tag));
    let canary = Workload {
        part: &part,
        pod_labels: pod_labels(settings.service, names::CANARY),
        scaling: Scaling::Fixed(1),
        // A second version that does not become ready must not delay other parts.
        rollout_stage: RolloutStage::Anytime,
        ..stable
    };
    Some(workload::deployment(platform, canary, observed))
}

/// Whether the canary runs: not without the mesh, because it would get an even share of the requests, and not while the
/// service is scaled to 0.
fn runs(settings: &ServiceSettings, observed: &Observed) -> bool {
    settings.canary.is_some() && settings.scaling != Scaling::Fixed(0) && observed.apis.have(Family::Istio)
}

/// Whether the Kubernetes Service selects both versions. Pods of an older platform lack the shared label; the Service
/// must select them until the last one is replaced.
pub fn joins(settings: &ServiceSettings, observed: &Observed) -> bool {
    runs(settings, observed)
        && health::pods_of(&observed.pods, settings.service.name())
            .iter()
            .all(|pod| pod.labels().contains_key(names::SERVICE_LABEL))
}

/// The share of the requests, in percent, that the canary can take now: `None` while no replica is available, because a
/// mesh would send the share to it anyway. Before the platform exists, it is the configured share.
pub fn weight(platform: &Validated, settings: &ServiceSettings, observed: &Observed) -> Option<i32> {
    let canary = settings.canary.as_ref()?;
    if !joins(settings, observed) {
        return None;
    }
    let name = settings.service.name();
    let live = |part: &str| observed.children.typed::<Deployment>(&platform.child(part));
    let answers = match live(&names::canary(name)) {
        Some(deployment) => deployment
            .status
            .and_then(|status| status.available_replicas)
            .is_some_and(|available| available > 0),
        None => live(name).is_none(),
    };
    answers.then_some(canary.weight)
}

/// The health of the canaries.
pub fn health(platform: &Validated, observed: &Observed) -> Vec<Health> {
    platform
        .services
        .iter()
        .filter(|settings| runs(settings, observed))
        .map(|settings| {
            let part = names::canary(settings.service.name());
            deployment::health(platform, &part, None, observed)
        })
        .collect()
}

/// The same image in another version.
fn with_tag(image: &str, tag: &str) -> String {
    let named = image.split('@').next().unwrap_or_default();
    let (path, name) = named
        .rsplit_once('/')
        .map_or(("", named), |(path, name)| (path, name));
    let name = name.split(':').next().unwrap_or_default();
    if path.is_empty() {
        format!("{name}:{tag}")
    } else {
        format!("{path}/{name}:{tag}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_canary_is_the_same_image_in_another_version() {
        for (image, expected) in [
            ("order:1", "order:2"),
            ("order", "order:2"),
            (
                "registry.example.com:5000/food/order",
                "registry.example.com:5000/food/order:2",
            ),
            (
                "registry.example.com:5000/food/order:1",
                "registry.example.com:5000/food/order:2",
            ),
            ("food/order@sha256:0123", "food/order:2"),
            ("food/order:1@sha256:0123", "food/order:2"),
        ] {
            assert_eq!(with_tag(image, "2"), expected);
        }
    }
}
