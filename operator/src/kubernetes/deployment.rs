//! Deployments of one pod template, and their health.

use k8s_openapi::api::{
    apps::v1::{Deployment, DeploymentSpec},
    core::v1::{PodSpec, PodTemplateSpec},
};

use crate::{
    kubernetes::{
        health::{self, Evidence},
        metadata::{metadata, pods_of},
        names::Component,
        pod_template,
    },
    model::{health::Health, observed::Observed},
    spec::Validated,
};

/// The Deployment of a part, with one replica.
pub fn deployment(
    platform: &Validated,
    part: &str,
    component: Component,
    template: PodTemplateSpec,
) -> Deployment {
    Deployment {
        metadata: metadata(platform, part, component),
        spec: Some(DeploymentSpec {
            replicas: Some(1),
            revision_history_limit: Some(3),
            selector: pods_of(platform, part),
            template,
            ..Default::default()
        }),
        ..Default::default()
    }
}

/// The Deployment of a part whose pods use its service account. A changed configuration hash replaces the pods.
pub fn of_part(
    platform: &Validated,
    part: &str,
    component: Component,
    config_hash: Option<String>,
    pod: PodSpec,
) -> Deployment {
    let pod = PodSpec {
        service_account_name: Some(platform.child(part)),
        ..pod
    };
    let template = pod_template::template(platform, part, component, config_hash, pod);
    deployment(platform, part, component, template)
}

/// The health of the Deployment of a part; `required` replicas are enough, or all if `None`.
pub fn health(platform: &Validated, part: &str, required: Option<i32>, observed: &Observed) -> Health {
    let name = platform.child(part);
    let deployment = observed.children.typed::<Deployment>(&name);
    health::deployment(
        &name,
        deployment.as_ref(),
        required,
        &Evidence::of(observed, part),
    )
}
