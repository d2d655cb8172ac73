//! The Deployment and the Kubernetes Service of one service.

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
use serde_json::json;

use super::{
    catalog::Service,
    gateway, mongodb,
    names::{self, Component},
    notifications,
    object::{Planned, Wave, hash},
    observed::Observed,
    pod,
    validated::{Scaling, ServiceSettings, Validated},
    variables,
};

/// Value of the scaled-by annotation while the operator keeps the number of replicas.
const BY_OPERATOR: &str = "operator";
/// Value of the scaled-by annotation while an autoscaler does.
const BY_AUTOSCALER: &str = "autoscaler";

/// The Deployment of a service.
///
/// Under an autoscaler the plan leaves `spec.replicas` out. A Deployment whose replicas the operator kept
/// until now first hands its present number over, because a field that its only owner drops falls back to 1.
pub fn deployment(platform: &Validated, settings: &ServiceSettings, observed: &Observed) -> Planned {
    let service = settings.service;
    let name = platform.child(service.name());
    let labels = names::labels(&platform.name, service.name(), Component::Service);
    let selector = names::selector(&platform.name, service.name());
    let (replicas, scaled_by) = match settings.scaling {
        Scaling::Fixed(replicas) => (Some(replicas), BY_OPERATOR),
        Scaling::Automatic { .. } => (None, BY_AUTOSCALER),
    };
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
                match_labels: Some(selector.clone()),
                ..Default::default()
            },
            strategy: Some(DeploymentStrategy {
                type_: Some("RollingUpdate".to_owned()),
                rolling_update: Some(RollingUpdateDeployment {
                    max_unavailable: Some(IntOrString::Int(0)),
                    max_surge: Some(IntOrString::Int(1)),
                }),
            }),
            template: PodTemplateSpec {
                metadata: Some(ObjectMeta {
                    labels: Some(labels),
                    annotations: config_hash(service, observed)
                        .map(|hash| [(names::CONFIG_HASH.to_owned(), hash)].into()),
                    ..Default::default()
                }),
                spec: Some(PodSpec {
                    containers: vec![container(platform, settings)],
                    volumes: Some(vec![pod::tmp()]),
                    security_context: Some(pod::pod_security(pod::SERVICE_USER)),
                    automount_service_account_token: Some(false),
                    enable_service_links: Some(false),
                    image_pull_secrets: pod::pull_secrets(platform),
                    termination_grace_period_seconds: Some(30),
                    topology_spread_constraints: Some(vec![TopologySpreadConstraint {
                        max_skew: 1,
                        topology_key: "kubernetes.io/hostname".to_owned(),
                        when_unsatisfiable: "ScheduleAnyway".to_owned(),
                        label_selector: Some(LabelSelector {
                            match_labels: Some(selector),
                            ..Default::default()
                        }),
                        ..Default::default()
                    }]),
                    ..Default::default()
                }),
            },
            ..Default::default()
        }),
        ..Default::default()
    };
    let mut planned = Planned::new(Wave::Services, &deployment);
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

/// The Kubernetes Service of a service other than the gateway: inside the cluster only.
pub fn service(platform: &Validated, service: Service) -> Planned {
    Planned::new(Wave::Routing, &kube_service(platform, service))
}

/// The Kubernetes Service of a service, as the gateway's exposure builds on it.
pub(super) fn kube_service(platform: &Validated, service: Service) -> KubeService {
    KubeService {
        metadata: ObjectMeta {
            name: Some(platform.child(service.name())),
            labels: Some(names::labels(&platform.name, service.name(), Component::Service)),
            ..Default::default()
        },
        spec: Some(ServiceSpec {
            type_: Some("ClusterIP".to_owned()),
            selector: Some(names::selector(&platform.name, service.name())),
            ports: Some(
                listens(service)
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

/// The ports of a service: their names, which are their protocols too, and numbers.
fn listens(service: Service) -> impl Iterator<Item = (&'static str, u16)> {
    let grpc = service.grpc_port().map(|port| ("grpc", port));
    [("http", service.port())].into_iter().chain(grpc)
}

/// The port that is for those who run the cluster, and no part of the service that others see.
fn management(service: Service) -> Option<(&'static str, u16)> {
    service.management_port().map(|port| ("management", port))
}

fn container(platform: &Validated, settings: &ServiceSettings) -> Container {
    let service = settings.service;
    let probed = management(service).map_or("http", |(name, _)| name);
    pod::restrict(Container {
        name: service.name().to_owned(),
        image: Some(platform.image(service.name())),
        image_pull_policy: Some(platform.pull_policy.as_str().to_owned()),
        ports: Some(
            listens(service)
                .chain(management(service))
                .map(|(name, port)| ContainerPort {
                    name: Some(name.to_owned()),
                    container_port: i32::from(port),
                    protocol: Some("TCP".to_owned()),
                    ..Default::default()
                })
                .collect(),
        ),
        env: Some(environment(platform, settings)),
        resources: Some(pod::resources(&settings.requests, &settings.limits)),
        readiness_probe: Some(pod::http_probe(probed, "/readyz", 2, 2)),
        liveness_probe: Some(pod::http_probe(probed, "/healthz", 10, 6)),
        lifecycle: Some(Lifecycle {
            // Until every node has taken the pod out of its routes, requests still arrive.
            pre_stop: Some(LifecycleHandler {
                sleep: Some(SleepAction { seconds: 3 }),
                ..Default::default()
            }),
            ..Default::default()
        }),
        ..Default::default()
    })
}

fn environment(platform: &Validated, settings: &ServiceSettings) -> Vec<EnvVar> {
    let service = settings.service;
    let mut variables = vec![
        pod::env("PORT", service.port().to_string()),
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
    ];
    if let Some(port) = service.grpc_port() {
        variables.push(pod::env(variables::GRPC_PORT, port.to_string()));
    }
    if let Some((_, port)) = management(service) {
        variables.push(pod::env(variables::MANAGEMENT_PORT, port.to_string()));
    }
    if service.keeps_state() {
        let name = service.name();
        let server = platform.child(names::POSTGRES);
        variables.push(pod::env(
            "KAFKA_BROKERS",
            format!("{}:9092", platform.child(names::KAFKA)),
        ));
        // The URL below refers to the password, so it has to come after it.
        variables.push(pod::env_from_secret(
            "DATABASE_PASSWORD",
            &platform.child(names::DATABASES),
            name,
        ));
        variables.push(pod::env(
            "DATABASE_URL",
            format!("postgres://{name}:$(DATABASE_PASSWORD)@{server}:5432/{name}"),
        ));
    }
    for callee in service.calls() {
        let url = format!("http://{}:{}", platform.child(callee.name()), callee.port());
        variables.push(pod::env(&variables::url(*callee), url));
    }
    match service {
        Service::Gateway => variables.extend(gateway::environment(platform)),
        Service::Customer => variables.extend(notifications::environment(platform)),
        Service::Order => variables.extend(mongodb::environment(platform)),
        Service::Store => variables.push(pod::env(variables::AUTOPILOT, platform.store_acts.to_string())),
        Service::Delivery => variables.push(pod::env(variables::AUTOPILOT, platform.rider_acts.to_string())),
        _ => {}
    }
    for extra in &settings.env {
        match variables.iter_mut().find(|variable| variable.name == extra.name) {
            Some(variable) => variable.value = Some(extra.value.clone()),
            None => variables.push(pod::env(&extra.name, &extra.value)),
        }
    }
    variables
}

/// Changes when the service's password does, so that its pods, and no others, start anew.
fn config_hash(service: Service, observed: &Observed) -> Option<String> {
    service
        .keeps_state()
        .then(|| hash(&json!(observed.credentials.databases.get(service.name()))))
}
