//! The Deployment and the Kubernetes Service of anything that answers requests: services, canaries and extensions.

use std::collections::BTreeMap;

use k8s_openapi::{
    api::{
        apps::v1::{Deployment, DeploymentSpec, DeploymentStrategy, RollingUpdateDeployment},
        core::v1::{
            Container, ContainerPort, EnvVar, EnvVarSource, Lifecycle, LifecycleHandler, ObjectFieldSelector,
            PodSpec, PodTemplateSpec, Service as KubeService, ServicePort, ServiceSpec, SleepAction,
            TopologySpreadConstraint,
        },
    },
    apimachinery::pkg::{
        apis::meta::v1::{LabelSelector, ObjectMeta},
        util::intstr::IntOrString,
    },
};
use kube::ResourceExt;

use crate::{
    components::mesh,
    kubernetes::{
        names::{self, Component},
        pod,
    },
    model::{
        object::{Planned, Turn, Wave},
        observed::Observed,
    },
    spec::{Scaling, Validated},
};

/// Value of the scaled-by annotation while the operator keeps the number of replicas.
const BY_OPERATOR: &str = "operator";
/// Value of the scaled-by annotation while an autoscaler does.
const BY_AUTOSCALER: &str = "autoscaler";

/// What runs in the pods of one part, and how many of them there are.
pub struct Workload<'a> {
    /// The part of the platform that its objects are named after.
    pub part: &'a str,
    pub component: Component,
    /// The part whose `ServiceAccount` its pods have.
    pub account: &'a str,
    /// Labels of its pods beyond those that all objects of the part have.
    pub pod_labels: BTreeMap<String, String>,
    /// A hash of the configuration that its pods read, if they read any.
    pub config_hash: Option<String>,
    pub container: Container,
    pub scaling: Scaling,
    pub turn: Turn,
}

/// The Deployment of a workload.
///
/// Under an autoscaler the plan leaves `spec.replicas` out. A Deployment whose replicas the operator kept
/// until now first hands its present number over, because a field that its only owner drops falls back to 1.
pub fn deployment(platform: &Validated, workload: Workload<'_>, observed: &Observed) -> Planned {
    let name = platform.child(workload.part);
    let labels = names::labels(&platform.name, workload.part, workload.component);
    let (replicas, scaled_by) = match workload.scaling {
        Scaling::Fixed(replicas) => (Some(replicas), BY_OPERATOR),
        Scaling::Automatic { .. } => (None, BY_AUTOSCALER),
    };
    let turn = workload.turn;
    let deployment = Deployment {
        metadata: ObjectMeta {
            name: Some(name.clone()),
            labels: Some(labels.clone()),
            annotations: Some([(names::SCALED_BY.to_owned(), scaled_by.to_owned())].into()),
            ..Default::default()
        },
        spec: Some(DeploymentSpec {
            replicas,
            revision_history_limit: Some(3),
            selector: LabelSelector {
                match_labels: Some(names::selector(&platform.name, workload.part)),
                ..Default::default()
            },
            strategy: Some(DeploymentStrategy {
                type_: Some("RollingUpdate".to_owned()),
                rolling_update: Some(RollingUpdateDeployment {
                    max_unavailable: Some(IntOrString::Int(0)),
                    max_surge: Some(IntOrString::Int(1)),
                }),
            }),
            template: template(platform, labels, workload, observed),
            ..Default::default()
        }),
        ..Default::default()
    };
    let mut planned = Planned::new(Wave::Services, &deployment).turn(turn);
    if let Some(live) = observed.children.typed::<Deployment>(&name)
        && scaled_by == BY_AUTOSCALER
        && live
            .annotations()
            .get(names::SCALED_BY)
            .is_some_and(|by| by == BY_OPERATOR)
    {
        planned.hand_over_replicas = live.spec.and_then(|spec| spec.replicas);
    }
    planned
}

fn template(
    platform: &Validated,
    mut labels: BTreeMap<String, String>,
    workload: Workload<'_>,
    observed: &Observed,
) -> PodTemplateSpec {
    labels.extend(workload.pod_labels);
    labels.extend(mesh::pod_labels(platform, &labels, observed));
    let mut annotations = mesh::pod_annotations(platform, &workload.container, observed);
    annotations.extend(
        workload
            .config_hash
            .map(|hash| (names::CONFIG_HASH.to_owned(), hash)),
    );
    PodTemplateSpec {
        metadata: Some(ObjectMeta {
            labels: Some(labels),
            annotations: (!annotations.is_empty()).then_some(annotations),
            ..Default::default()
        }),
        spec: Some(PodSpec {
            containers: vec![workload.container],
            volumes: Some(vec![pod::tmp()]),
            security_context: Some(pod::pod_security(pod::SERVICE_USER)),
            service_account_name: Some(platform.child(workload.account)),
            automount_service_account_token: Some(false),
            enable_service_links: Some(false),
            image_pull_secrets: pod::pull_secrets(platform),
            termination_grace_period_seconds: Some(30),
            topology_spread_constraints: Some(vec![TopologySpreadConstraint {
                max_skew: 1,
                topology_key: "kubernetes.io/hostname".to_owned(),
                when_unsatisfiable: "ScheduleAnyway".to_owned(),
                label_selector: Some(LabelSelector {
                    match_labels: Some(names::selector(&platform.name, workload.part)),
                    ..Default::default()
                }),
                ..Default::default()
            }]),
            ..Default::default()
        }),
    }
}

/// Completes a container with what all of them have: restricted security, and time to drain.
pub fn container(platform: &Validated, container: Container) -> Container {
    pod::restrict(Container {
        image_pull_policy: Some(platform.pull_policy.as_str().to_owned()),
        lifecycle: Some(Lifecycle {
            // Until every node has taken the pod out of its routes, requests still arrive.
            pre_stop: Some(LifecycleHandler {
                sleep: Some(SleepAction { seconds: 3 }),
                ..Default::default()
            }),
            ..Default::default()
        }),
        ..container
    })
}

/// A container's port.
pub fn container_port(name: &str, port: u16) -> ContainerPort {
    ContainerPort {
        name: Some(name.to_owned()),
        container_port: i32::from(port),
        protocol: Some("TCP".to_owned()),
        ..Default::default()
    }
}

/// The variables that every program gets.
pub fn environment(platform: &Validated, port: u16) -> Vec<EnvVar> {
    vec![
        pod::env("PORT", port.to_string()),
        pod::env("PLATFORM", &platform.name),
        EnvVar {
            name: "POD_NAME".to_owned(),
            value_from: Some(EnvVarSource {
                field_ref: Some(ObjectFieldSelector {
                    api_version: Some("v1".to_owned()),
                    field_path: "metadata.name".to_owned(),
                }),
                ..Default::default()
            }),
            ..Default::default()
        },
        pod::env("LOG_LEVEL", "info"),
    ]
}

/// Adds the variables that the platform's owner gives; those of the same name they replace.
pub fn extend_environment(variables: &mut Vec<EnvVar>, given: &[fdp_crds::EnvVar]) {
    for extra in given {
        match variables.iter_mut().find(|variable| variable.name == extra.name) {
            Some(variable) => variable.value = Some(extra.value.clone()),
            None => variables.push(pod::env(&extra.name, &extra.value)),
        }
    }
}

/// A Kubernetes Service inside the cluster, in front of the pods that `selector` selects. Each port has the name of its
/// protocol, by which containers name theirs too.
pub fn kube_service(
    platform: &Validated,
    part: &str,
    component: Component,
    selector: BTreeMap<String, String>,
    ports: impl Iterator<Item = (&'static str, u16)>,
) -> KubeService {
    KubeService {
        metadata: ObjectMeta {
            name: Some(platform.child(part)),
            labels: Some(names::labels(&platform.name, part, component)),
            ..Default::default()
        },
        spec: Some(ServiceSpec {
            type_: Some("ClusterIP".to_owned()),
            selector: Some(selector),
            ports: Some(
                ports
                    .map(|(name, port)| ServicePort {
                        name: Some(name.to_owned()),
                        port: i32::from(port),
                        target_port: Some(IntOrString::String(name.to_owned())),
                        protocol: Some("TCP".to_owned()),
                        app_protocol: Some(name.to_owned()),
                        ..Default::default()
                    })
                    .collect(),
            ),
            ..Default::default()
        }),
        ..Default::default()
    }
}
