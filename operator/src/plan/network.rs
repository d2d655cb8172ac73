//! Who may talk to whom: everything is denied, and then the edges that the architecture has are allowed.

use fdp_crds::AuthProvider;
use k8s_openapi::{
    api::networking::v1::{
        NetworkPolicy, NetworkPolicyEgressRule, NetworkPolicyIngressRule, NetworkPolicyPeer,
        NetworkPolicyPort, NetworkPolicySpec,
    },
    apimachinery::pkg::{
        apis::meta::v1::{LabelSelector, LabelSelectorRequirement, ObjectMeta},
        util::intstr::IntOrString,
    },
};
use std::collections::BTreeMap;

use super::{
    catalog::Service,
    kafka, mesh, mongodb, monitoring,
    names::{self, Component, KAFKA, KAFKA_UI, MONGODB, POSTGRES, PROMETHEUS, SETUP},
    object::{Planned, Wave},
    postgres,
    validated::{ExtensionSettings, Kafka, Mongodb, Postgres, ServiceSettings, Validated},
};

/// On namespaces whose pods may read the metrics of the services.
pub const METRICS_READER_LABEL: &str = "fooddelivery.dev/metrics-reader";

const DNS: u16 = 53;
/// OTLP over gRPC and HTTP (<https://opentelemetry.io/docs/specs/otlp/>).
const TRACES: [u16; 2] = [4317, 4318];

/// The policies of a platform: one that denies, and one for each part that says what is allowed.
pub fn policies(platform: &Validated) -> Vec<Planned> {
    let mut policies = vec![deny(platform)];
    policies.extend(
        platform
            .services
            .iter()
            .map(|settings| service(platform, settings)),
    );
    policies.extend(
        platform
            .extensions
            .iter()
            .map(|settings| extension(platform, settings)),
    );
    if matches!(platform.kafka, Kafka::Managed { .. }) {
        policies.push(data_store(platform, KAFKA, Component::Broker, kafka::PORT));
    }
    if matches!(platform.postgres, Postgres::Managed(_)) {
        policies.push(data_store(
            platform,
            POSTGRES,
            Component::Database,
            postgres::PORT,
        ));
    }
    policies.extend(orders_database(platform));
    let mut made_by_setup = inside(platform);
    made_by_setup.extend(kafka::egress(platform));
    made_by_setup.extend(postgres::egress(platform));
    policies.push(policy(
        platform,
        SETUP,
        Component::Setup,
        Vec::new(),
        made_by_setup,
    ));
    policies
}

/// Selects every pod of the platform, and allows nothing but to ask for names.
fn deny(platform: &Validated) -> Planned {
    let policy = NetworkPolicy {
        metadata: ObjectMeta {
            name: Some(platform.child("default-deny")),
            labels: Some(names::labels(&platform.name, "default-deny", Component::Network)),
            ..Default::default()
        },
        spec: Some(NetworkPolicySpec {
            pod_selector: Some(all_of(platform)),
            policy_types: Some(vec!["Ingress".to_owned(), "Egress".to_owned()]),
            egress: Some(vec![NetworkPolicyEgressRule {
                to: None,
                ports: Some(vec![port(DNS, "UDP"), port(DNS, "TCP")]),
            }]),
            ..Default::default()
        }),
    };
    Planned::new(Wave::Configuration, &policy)
}

fn service(platform: &Validated, settings: &ServiceSettings) -> Planned {
    let service = settings.service;
    let from: Vec<NetworkPolicyPeer> = platform
        .services
        .iter()
        .filter(|caller| caller.service.calls().contains(&service))
        .map(|caller| peer(pods(platform, caller)))
        .collect();
    let listens = [Some(service.port()), service.grpc_port()].into_iter().flatten();
    // The gateway is the one way in, from wherever its exposure or an ingress lets requests come.
    let open = service == Service::Gateway;
    let requests = (open || !from.is_empty()).then(|| NetworkPolicyIngressRule {
        from: (!open).then_some(from),
        ports: Some(listens.map(|number| port(number, "TCP")).collect()),
    });
    let metrics = NetworkPolicyIngressRule {
        from: Some(metrics_readers(platform)),
        ports: Some(metrics_ports(
            platform,
            service.management_port().unwrap_or(service.port()),
        )),
    };
    let egress = if talks_to_the_world(platform, service) {
        vec![NetworkPolicyEgressRule::default()]
    } else {
        let mut egress = inside(platform);
        egress.push(anywhere(&TRACES));
        egress.extend(mesh::egress(platform));
        if service.keeps_state() {
            egress.extend(kafka::egress(platform));
            egress.extend(postgres::egress(platform));
        }
        if service == Service::Order {
            egress.extend(mongodb::egress(platform));
        }
        only_widest(egress)
    };
    policy_for(
        platform,
        service.name(),
        Component::Service,
        pods(platform, settings),
        requests.into_iter().chain([metrics]).collect(),
        egress,
    )
}

/// Whoever has a route is asked by the gateway, and whoever subscribes asks Kafka; beyond the platform nobody gets.
fn extension(platform: &Validated, settings: &ExtensionSettings) -> Planned {
    let ports = || Some(vec![port(settings.port, "TCP")]);
    let gateway = platform
        .services
        .iter()
        .find(|service| service.service == Service::Gateway)
        .filter(|_| settings.route.is_some());
    let requests = gateway.map(|gateway| NetworkPolicyIngressRule {
        from: Some(vec![peer(pods(platform, gateway))]),
        ports: ports(),
    });
    let metrics = NetworkPolicyIngressRule {
        from: Some(metrics_readers(platform)),
        ports: Some(metrics_ports(platform, settings.port)),
    };
    let mut egress = inside(platform);
    egress.push(anywhere(&TRACES));
    egress.extend(mesh::egress(platform));
    if !settings.subscribes.is_empty() {
        egress.extend(kafka::egress(platform));
    }
    policy(
        platform,
        &settings.name,
        Component::Extension,
        requests.into_iter().chain([metrics]).collect(),
        only_widest(egress),
    )
}

/// To be let out to everywhere makes all else superfluous.
fn only_widest(egress: Vec<NetworkPolicyEgressRule>) -> Vec<NetworkPolicyEgressRule> {
    let everywhere = NetworkPolicyEgressRule::default();
    if egress.contains(&everywhere) {
        vec![everywhere]
    } else {
        egress
    }
}

/// The gateway may ask an issuer of tokens for its keys, and customer may send messages; on which hosts and ports, only
/// they know.
fn talks_to_the_world(platform: &Validated, service: Service) -> bool {
    match service {
        Service::Gateway => platform.auth.provider == Some(AuthProvider::Oidc),
        Service::Customer => platform.kakao_secret.is_some(),
        _ => false,
    }
}

fn data_store(platform: &Validated, name: &str, component: Component, listens: u16) -> Planned {
    let mut from: Vec<NetworkPolicyPeer> = platform
        .services
        .iter()
        .filter(|settings| settings.service.keeps_state())
        .map(|settings| peer(pods(platform, settings)))
        .collect();
    if name == KAFKA {
        let subscribers = platform
            .extensions
            .iter()
            .filter(|extension| !extension.subscribes.is_empty());
        from.extend(subscribers.map(|extension| part(platform, &extension.name)));
        from.extend(platform.kafka_ui.iter().map(|_| part(platform, KAFKA_UI)));
    }
    from.push(part(platform, SETUP));
    let mut ingress = vec![NetworkPolicyIngressRule {
        from: Some(from),
        ports: Some(vec![port(listens, "TCP")]),
    }];
    let mut egress = Vec::new();
    if name == KAFKA
        && let Some((in_, out)) = kafka::between_brokers(platform)
    {
        ingress.push(in_);
        egress.push(out);
    }
    policy(platform, name, component, ingress, egress)
}

/// Nobody but order has business in the managed MongoDB.
fn orders_database(platform: &Validated) -> Option<Planned> {
    let order = platform
        .services
        .iter()
        .find(|settings| settings.service == Service::Order)
        .filter(|_| matches!(platform.mongodb, Mongodb::Managed(_)))?;
    let ingress = NetworkPolicyIngressRule {
        from: Some(vec![peer(pods(platform, order))]),
        ports: Some(vec![port(mongodb::PORT, "TCP")]),
    };
    Some(policy(
        platform,
        MONGODB,
        Component::Database,
        vec![ingress],
        Vec::new(),
    ))
}

pub(super) fn policy(
    platform: &Validated,
    name: &str,
    component: Component,
    ingress: Vec<NetworkPolicyIngressRule>,
    egress: Vec<NetworkPolicyEgressRule>,
) -> Planned {
    policy_for(
        platform,
        name,
        component,
        labelled(names::selector(&platform.name, name)),
        ingress,
        egress,
    )
}

fn policy_for(
    platform: &Validated,
    name: &str,
    component: Component,
    selected: LabelSelector,
    ingress: Vec<NetworkPolicyIngressRule>,
    egress: Vec<NetworkPolicyEgressRule>,
) -> Planned {
    let mut kinds = vec![(!ingress.is_empty()).then_some("Ingress")];
    kinds.push((!egress.is_empty()).then_some("Egress"));
    let policy = NetworkPolicy {
        metadata: ObjectMeta {
            name: Some(platform.child(name)),
            labels: Some(names::labels(&platform.name, name, component)),
            ..Default::default()
        },
        spec: Some(NetworkPolicySpec {
            pod_selector: Some(selected),
            policy_types: Some(kinds.into_iter().flatten().map(str::to_owned).collect()),
            ingress: (!ingress.is_empty()).then_some(ingress),
            egress: (!egress.is_empty()).then_some(egress),
        }),
    };
    Planned::new(Wave::Configuration, &policy)
}

fn all_of(platform: &Validated) -> LabelSelector {
    LabelSelector {
        match_labels: Some(BTreeMap::from([(
            names::PLATFORM_LABEL.to_owned(),
            platform.name.clone(),
        )])),
        ..Default::default()
    }
}

/// Whatever belongs to the platform; what a part accepts, its own policy says.
pub(super) fn inside(platform: &Validated) -> Vec<NetworkPolicyEgressRule> {
    vec![NetworkPolicyEgressRule {
        to: Some(vec![NetworkPolicyPeer {
            pod_selector: Some(all_of(platform)),
            ..Default::default()
        }]),
        ports: None,
    }]
}

pub(super) fn part(platform: &Validated, name: &str) -> NetworkPolicyPeer {
    peer(labelled(names::selector(&platform.name, name)))
}

/// The pods of a service, those of its canary included. They are told by the names of both, because pods of an older
/// platform lack the label that both share.
fn pods(platform: &Validated, settings: &ServiceSettings) -> LabelSelector {
    let name = settings.service.name();
    let mut labels = names::selector(&platform.name, name);
    if settings.canary.is_none() {
        return labelled(labels);
    }
    labels.remove(names::NAME_LABEL);
    LabelSelector {
        match_labels: Some(labels),
        match_expressions: Some(vec![LabelSelectorRequirement {
            key: names::NAME_LABEL.to_owned(),
            operator: "In".to_owned(),
            values: Some(vec![name.to_owned(), names::canary(name)]),
        }]),
    }
}

pub(super) fn labelled(labels: BTreeMap<String, String>) -> LabelSelector {
    LabelSelector {
        match_labels: Some(labels),
        ..Default::default()
    }
}

pub(super) fn peer(pods: LabelSelector) -> NetworkPolicyPeer {
    NetworkPolicyPeer {
        pod_selector: Some(pods),
        ..Default::default()
    }
}

/// Where a pod tells its metrics: at a port of its own, and in a mesh at one of its sidecar's.
fn metrics_ports(platform: &Validated, own: u16) -> Vec<NetworkPolicyPort> {
    let sidecar = platform.mesh.as_ref().map(|_| mesh::METRICS_PORT);
    [Some(own), sidecar]
        .into_iter()
        .flatten()
        .map(|number| port(number, "TCP"))
        .collect()
}

/// The pods of namespaces that may read metrics, and the platform's own Prometheus if it has one.
fn metrics_readers(platform: &Validated) -> Vec<NetworkPolicyPeer> {
    let namespaces = NetworkPolicyPeer {
        namespace_selector: Some(labelled(BTreeMap::from([(
            METRICS_READER_LABEL.to_owned(),
            "true".to_owned(),
        )]))),
        ..Default::default()
    };
    let own = monitoring::is_managed(platform).then(|| part(platform, PROMETHEUS));
    [namespaces].into_iter().chain(own).collect()
}

pub(super) fn anywhere(ports: &[u16]) -> NetworkPolicyEgressRule {
    NetworkPolicyEgressRule {
        to: None,
        ports: Some(ports.iter().map(|number| port(*number, "TCP")).collect()),
    }
}

pub(super) fn port(number: u16, protocol: &str) -> NetworkPolicyPort {
    NetworkPolicyPort {
        port: Some(IntOrString::Int(i32::from(number))),
        protocol: Some(protocol.to_owned()),
        ..Default::default()
    }
}
