//! The health and the status of a service.

use std::collections::BTreeSet;

use fdp_crds::ServiceStatus;
use k8s_openapi::api::{apps::v1::Deployment, core::v1::PodSpec};

use crate::{
    kubernetes::health::{self, Evidence},
    model::{health::Health, observed::Observed},
    plan::rollout,
    spec::{ServiceSettings, Validated},
};

pub(super) fn service(
    platform: &Validated,
    settings: &ServiceSettings,
    observed: &Observed,
) -> (ServiceStatus, Health) {
    let part = settings.service.name();
    let name = platform.child(part);
    let deployment = observed.children.typed::<Deployment>(&name);
    let required = settings.scaling.required();
    let replicas = deployment
        .as_ref()
        .and_then(|deployment| deployment.spec.as_ref()?.replicas);
    let desired = replicas.unwrap_or(settings.scaling.least());
    let ready = deployment
        .as_ref()
        .and_then(|deployment| deployment.status.as_ref()?.ready_replicas)
        .unwrap_or(0);
    let evidence = Evidence::of(observed, part);
    let health = health::deployment(&name, deployment.as_ref(), required, &evidence);
    let image = platform.service_image(settings);
    // The Deployment may still be as it was, because it waits for its turn.
    let rolled_out = deployment
        .as_ref()
        .filter(|deployment| rollout::of_deployment(deployment).is_ok())
        .and_then(|deployment| image_of(deployment, part))
        .map(version);
    let mut running: BTreeSet<String> = evidence
        .pods
        .iter()
        .filter(|pod| health::is_ready(pod))
        .filter_map(|pod| image_in(pod.spec.as_ref()?, part).map(version))
        .collect();
    if running.is_empty() && ready > 0 {
        running.extend(rolled_out.clone());
    }
    let wanted = version(&image);
    let is_complete = desired == 0 || (running.len() == 1 && running.contains(&wanted));
    let worst = evidence.worst().filter(|trouble| trouble.lasts(observed.now));
    let problem = match (&worst, &health) {
        (Some(trouble), Health::Failed(_)) => Some(trouble.brief.to_owned()),
        (None, Health::Failed(_)) => Some("does not come up".to_owned()),
        _ => None,
    };
    let status = ServiceStatus {
        name: part.to_owned(),
        image,
        version: rolled_out,
        running: (!running.is_empty()).then(|| running.into_iter().collect::<Vec<_>>().join(", ")),
        wanted: (!is_complete).then_some(wanted),
        problem: problem.filter(|_| !is_complete),
        since: deployment.as_ref().and_then(health::rolled_out_since),
        ready,
        desired,
    };
    (status, health)
}

/// Whether the Deployment of a service has the image that it should have.
pub(super) fn has_its_image(platform: &Validated, settings: &ServiceSettings, observed: &Observed) -> bool {
    let part = settings.service.name();
    let deployment = observed.children.typed::<Deployment>(&platform.child(part));
    let image = deployment
        .as_ref()
        .and_then(|deployment| image_of(deployment, part));
    image == Some(platform.service_image(settings).as_str())
}

fn image_of<'a>(deployment: &'a Deployment, container: &str) -> Option<&'a str> {
    image_in(deployment.spec.as_ref()?.template.spec.as_ref()?, container)
}

fn image_in<'a>(pod: &'a PodSpec, container: &str) -> Option<&'a str> {
    let container = pod.containers.iter().find(|one| one.name == container)?;
    container.image.as_deref()
}

/// The tag or digest of an image; a digest is shortened.
fn version(image: &str) -> String {
    let after_path = image.rsplit('/').next().unwrap_or_default();
    match after_path.split_once('@') {
        Some((_, digest)) => digest.chars().take(19).collect(),
        None => after_path
            .split_once(':')
            .map_or("latest", |(_, tag)| tag)
            .to_owned(),
    }
}
