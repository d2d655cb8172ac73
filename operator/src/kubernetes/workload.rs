//! The Deployments of services, canaries and extensions.

use std::collections::BTreeMap;

use fdp_catalogue::variables;
use k8s_openapi::{
    api::{
        apps::v1::{Deployment, DeploymentStrategy, RollingUpdateDeployment},
        core::v1::{Container, EnvVar, Lifecycle, LifecycleHandler, PodSpec, PodTemplateSpec, SleepAction},
    },
    apimachinery::pkg::util::intstr::IntOrString,
};
use kube::ResourceExt;

use crate::{
    kubernetes::{
        deployment,
        names::{self, Component},
        pod,
        pod_template::labelled_template,
    },
    model::{
        object::{Planned, RolloutStage, Wave},
        observed::Observed,
    },
    spec::{Scaling, Validated},
};

/// Value of the scaled-by annotation while the operator sets the number of replicas.
pub const BY_OPERATOR: &str = "operator";
/// Value of the scaled-by annotation while an autoscaler sets it.
const BY_AUTOSCALER: &str = "autoscaler";

/// The pods of one part, and how many of them there are.
pub struct Workload<'a> {
    /// The part of the platform that its objects are named after.
    pub part: &'a str,
    pub component: Component,
    /// The part whose service account its pods use.
    pub account: &'a str,
    /// Labels of its pods beyond those that all objects of the part have.
    pub pod_labels: BTreeMap<String, String>,
    /// A hash of the configuration that its pods read, if they read any.
    pub config_hash: Option<String>,
    pub container: Container,
    pub scaling: Scaling,
    pub rollout_stage: RolloutStage,
}

/// The Deployment of a workload.
///
/// With an autoscaler, the plan omits `spec.replicas`. If the operator has set the field until now, its current value
/// is handed over first, because a field that its only owner gives up falls back to 1.
pub fn deployment(platform: &Validated, workload: Workload<'_>, observed: &Observed) -> Planned {
    let name = platform.child(workload.part);
    let live = observed.children.typed::<Deployment>(&name);
    let (replicas, scaled_by) = match workload.scaling {
        Scaling::Fixed(replicas) => (Some(replicas), BY_OPERATOR),
        Scaling::Automatic { .. } | Scaling::ByOthers if live.as_ref().is_some_and(is_kept_at_none) => {
            (Some(workload.scaling.least()), BY_OPERATOR)
        }
        Scaling::Automatic { .. } | Scaling::ByOthers => (None, BY_AUTOSCALER),
    };
    let stage = workload.rollout_stage;
    let (part, component) = (workload.part, workload.component);
    let mut deployment = deployment::deployment(platform, part, component, template(platform, workload));
    deployment.metadata.annotations = Some([(names::SCALED_BY.to_owned(), scaled_by.to_owned())].into());
    if let Some(spec) = &mut deployment.spec {
        spec.replicas = replicas;
        spec.strategy = Some(DeploymentStrategy {
            type_: Some("RollingUpdate".to_owned()),
            rolling_update: Some(RollingUpdateDeployment {
                max_unavailable: Some(IntOrString::Int(0)),
                max_surge: Some(IntOrString::Int(1)),
            }),
        });
    }
    let mut planned = Planned::new(Wave::Services, &deployment).rollout_stage(stage);
    if let Some(live) = live
        && scaled_by == BY_AUTOSCALER
        && is_scaled_by_operator(&live)
    {
        planned.hand_over_replicas = live.spec.and_then(|spec| spec.replicas);
    }
    planned
}

/// Whether the operator has set the number of replicas until now.
fn is_scaled_by_operator(live: &Deployment) -> bool {
    let by = live.annotations().get(names::SCALED_BY);
    by.is_some_and(|by| by == BY_OPERATOR)
}

/// Whether the operator has set it to 0, as during a change of data stores. An autoscaler would leave it there for ever, so
/// it gets a Deployment that has some.
fn is_kept_at_none(live: &Deployment) -> bool {
    is_scaled_by_operator(live) && live.spec.as_ref().and_then(|spec| spec.replicas) == Some(0)
}

fn template(platform: &Validated, workload: Workload<'_>) -> PodTemplateSpec {
    let mut labels = names::labels(&platform.name, workload.part, workload.component);
    labels.extend(workload.pod_labels);
    labelled_template(
        platform,
        labels,
        workload.config_hash,
        PodSpec {
            containers: vec![workload.container],
            volumes: Some(vec![pod::tmp()]),
            security_context: Some(pod::pod_security(pod::SERVICE_USER)),
            service_account_name: Some(platform.child(workload.account)),
            termination_grace_period_seconds: Some(30),
            topology_spread_constraints: Some(vec![pod::spread_over_nodes(names::selector(
                &platform.name,
                workload.part,
            ))]),
            ..Default::default()
        },
    )
}

/// Adds the settings that all containers have: restricted security, and time to drain requests.
pub fn container(platform: &Validated, container: Container) -> Container {
    pod::restrict(Container {
        image_pull_policy: Some(platform.pull_policy.as_str().to_owned()),
        lifecycle: Some(Lifecycle {
            // Requests still arrive until every node has removed the pod from its routes.
            pre_stop: Some(LifecycleHandler {
                sleep: Some(SleepAction { seconds: 3 }),
                ..Default::default()
            }),
            ..Default::default()
        }),
        ..container
    })
}

/// The variables that every program gets.
pub fn environment(platform: &Validated, port: u16) -> Vec<EnvVar> {
    vec![
        pod::env(variables::PORT, port.to_string()),
        pod::env(variables::PLATFORM, &platform.name),
        pod::env_from_field(variables::POD_NAME, "metadata.name"),
        pod::env(variables::LOG_LEVEL, "info"),
    ]
}

/// Adds the variables that the platform specifies. They replace variables of the same name.
pub fn extend_environment(variables: &mut Vec<EnvVar>, given: &[fdp_crds::EnvVar]) {
    for extra in given {
        match variables.iter_mut().find(|variable| variable.name == extra.name) {
            Some(variable) => variable.value = Some(extra.value.clone()),
            None => variables.push(pod::env(&extra.name, &extra.value)),
        }
    }
}
