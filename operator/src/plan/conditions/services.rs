//! The health and the status of a service.

use fdp_crds::ServiceStatus;
use k8s_openapi::api::apps::v1::Deployment;

use crate::{
    kubernetes::health,
    model::{health::Health, observed::Observed},
    plan::rollout,
    spec::{Scaling, ServiceSettings, Validated},
};

pub(super) fn service(
    platform: &Validated,
    settings: &ServiceSettings,
    observed: &Observed,
) -> (ServiceStatus, Health) {
    let part = settings.service.name();
    let name = platform.child(part);
    let deployment = observed.children.typed::<Deployment>(&name);
    let required = match settings.scaling {
        Scaling::Fixed(_) => None,
        Scaling::Automatic { min, .. } => Some(min),
        Scaling::ByOthers => Some(1),
    };
    let replicas = deployment
        .as_ref()
        .and_then(|deployment| deployment.spec.as_ref()?.replicas);
    let rolled_out = deployment
        .as_ref()
        .is_some_and(|deployment| rollout::of_deployment(deployment).is_ok());
    let status = ServiceStatus {
        name: part.to_owned(),
        image: platform.service_image(settings),
        version: rolled_out.then(|| version(platform, settings)),
        since: deployment.as_ref().and_then(health::rolled_out_since),
        ready: deployment
            .as_ref()
            .and_then(|deployment| deployment.status.as_ref()?.ready_replicas)
            .unwrap_or(0),
        desired: replicas.unwrap_or(match settings.scaling {
            Scaling::Fixed(replicas) => replicas,
            Scaling::Automatic { min, .. } => min,
            Scaling::ByOthers => 1,
        }),
    };
    let pods = health::pods_of(&observed.pods, part);
    (
        status,
        health::deployment(&name, deployment.as_ref(), required, &pods),
    )
}

/// The tag or digest of its image; a digest is shortened.
fn version(platform: &Validated, settings: &ServiceSettings) -> String {
    let image = platform.service_image(settings);
    let after_path = image.rsplit('/').next().unwrap_or_default();
    match after_path.split_once('@') {
        Some((_, digest)) => digest.chars().take(19).collect(),
        None => after_path
            .split_once(':')
            .map_or("latest", |(_, tag)| tag)
            .to_owned(),
    }
}
