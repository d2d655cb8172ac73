//! Who may talk to whom: everything is denied, and then the edges that the architecture has are allowed.

use fdp_crds::AuthProvider;
use k8s_openapi::{
    api::networking::v1::{
        NetworkPolicy, NetworkPolicyEgressRule, NetworkPolicyIngressRule, NetworkPolicyPeer,
        NetworkPolicyPort, NetworkPolicySpec,
    },
    apimachinery::pkg::{
        apis::meta::v1::{LabelSelector, ObjectMeta},
        util::intstr::IntOrString,
    },
};
use std::collections::BTreeMap;

use super::{
    catalog::Service,
    kafka,
    names::{self, Component, KAFKA, POSTGRES, SETUP},
    object::{Planned, Wave},
    postgres,
    validated::Validated,
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
            .map(|settings| service(platform, settings.service)),
    );
    policies.push(data_store(platform, KAFKA, Component::Broker, kafka::PORT));
    policies.push(data_store(
        platform,
        POSTGRES,
        Component::Database,
        postgres::PORT,
    ));
    policies.push(policy(
        platform,
        SETUP,
        Component::Setup,
        Vec::new(),
        inside(platform),
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

fn service(platform: &Validated, service: Service) -> Planned {
    let callers: Vec<Service> = platform
        .services
        .iter()
        .map(|settings| settings.service)
        .filter(|caller| caller.calls().contains(&service))
        .collect();
    let from: Vec<NetworkPolicyPeer> = callers
        .into_iter()
        .map(|caller| part(platform, caller.name()))
        .collect();
    let listens = [Some(service.port()), service.grpc_port()].into_iter().flatten();
    // The gateway is the one way in, from wherever its exposure or an ingress lets requests come.
    let open = service == Service::Gateway;
    let requests = (open || !from.is_empty()).then(|| NetworkPolicyIngressRule {
        from: (!open).then_some(from),
        ports: Some(listens.map(|number| port(number, "TCP")).collect()),
    });
    let metrics = NetworkPolicyIngressRule {
        from: Some(vec![metrics_readers()]),
        ports: Some(vec![port(
            service.management_port().unwrap_or(service.port()),
            "TCP",
        )]),
    };
    let egress = if talks_to_the_world(platform, service) {
        vec![NetworkPolicyEgressRule::default()]
    } else {
        let mut egress = inside(platform);
        egress.push(anywhere(&TRACES));
        egress
    };
    policy(
        platform,
        service.name(),
        Component::Service,
        requests.into_iter().chain([metrics]).collect(),
        egress,
    )
}

/// The gateway may ask an issuer of tokens for its keys, customer may send messages, and order may keep its documents
/// elsewhere; on which hosts and ports, only they know.
fn talks_to_the_world(platform: &Validated, service: Service) -> bool {
    match service {
        Service::Gateway => platform.auth.provider == Some(AuthProvider::Oidc),
        Service::Customer => platform.kakao_secret.is_some(),
        Service::Order => platform.mongodb_secret.is_some(),
        _ => false,
    }
}

fn data_store(platform: &Validated, name: &str, component: Component, listens: u16) -> Planned {
    let mut from: Vec<NetworkPolicyPeer> = platform
        .services
        .iter()
        .filter(|settings| settings.service.keeps_state())
        .map(|settings| part(platform, settings.service.name()))
        .collect();
    from.push(part(platform, SETUP));
    let ingress = NetworkPolicyIngressRule {
        from: Some(from),
        ports: Some(vec![port(listens, "TCP")]),
    };
    policy(platform, name, component, vec![ingress], Vec::new())
}

fn policy(
    platform: &Validated,
    name: &str,
    component: Component,
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
            pod_selector: Some(LabelSelector {
                match_labels: Some(names::selector(&platform.name, name)),
                ..Default::default()
            }),
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
fn inside(platform: &Validated) -> Vec<NetworkPolicyEgressRule> {
    vec![NetworkPolicyEgressRule {
        to: Some(vec![NetworkPolicyPeer {
            pod_selector: Some(all_of(platform)),
            ..Default::default()
        }]),
        ports: None,
    }]
}

fn part(platform: &Validated, name: &str) -> NetworkPolicyPeer {
    NetworkPolicyPeer {
        pod_selector: Some(LabelSelector {
            match_labels: Some(names::selector(&platform.name, name)),
            ..Default::default()
        }),
        ..Default::default()
    }
}

fn metrics_readers() -> NetworkPolicyPeer {
    NetworkPolicyPeer {
        namespace_selector: Some(LabelSelector {
            match_labels: Some(BTreeMap::from([(
                METRICS_READER_LABEL.to_owned(),
                "true".to_owned(),
            )])),
            ..Default::default()
        }),
        ..Default::default()
    }
}

fn anywhere(ports: &[u16]) -> NetworkPolicyEgressRule {
    NetworkPolicyEgressRule {
        to: None,
        ports: Some(ports.iter().map(|number| port(*number, "TCP")).collect()),
    }
}

fn port(number: u16, protocol: &str) -> NetworkPolicyPort {
    NetworkPolicyPort {
        port: Some(IntOrString::Int(i32::from(number))),
        protocol: Some(protocol.to_owned()),
        ..Default::default()
    }
}
