//! Deployments of one pod template, and their health.

use k8s_openapi::{
    api::{
        apps::v1::{Deployment, DeploymentSpec},
        core::v1::PodTemplateSpec,
    },
    apimachinery::pkg::apis::meta::v1::{LabelSelector, ObjectMeta},
};

use crate::{
    kubernetes::{
        health,
        names::{self, Component},
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
        metadata: ObjectMeta {
            name: Some(platform.child(part)),
            labels: Some(names::labels(&platform.name, part, component)),
            ..Default::default()
        },
        spec: Some(DeploymentSpec {
            replicas: Some(1),
            revision_history_limit: Some(3),
            selector: LabelSelector {
                match_labels: Some(names::selector(&platform.name, part)),
                ..Default::default()
            },
            template,
            ..Default::default()
        }),
        ..Default::default()
    }
}

/// The health of the Deployment of a part; `required` replicas are enough, or all if `None`.
pub fn health(platform: &Validated, part: &str, required: Option<i32>, observed: &Observed) -> Health {
    let name = platform.child(part);
    let deployment = observed.children.typed::<Deployment>(&name);
    let pods = health::pods_of(&observed.pods, part);
    health::deployment(&name, deployment.as_ref(), required, &pods)
}
