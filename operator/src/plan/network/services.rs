//! The network policies of services and extensions.

use std::collections::BTreeMap;

use fdp_catalogue::Service;
use fdp_crds::AuthProvider;
use k8s_openapi::api::networking::v1::{
    NetworkPolicyEgressRule, NetworkPolicyIngressRule, NetworkPolicyPeer, NetworkPolicyPort,
};

use crate::{
    components::{drill::MetricsWay, kafka, mesh, mongodb, payments, postgres},
    kubernetes::{
        names::{Component, DRILL, PROMETHEUS},
        network_policy::{anywhere, inside, labelled, only_widest, part, peer, policy, policy_for, port},
    },
    model::object::Planned,
    plan::network::pods::pods,
    spec::{ExtensionSettings, ServiceSettings, Validated},
};

/// The label of namespaces whose pods may read the metrics of the services.
const METRICS_READER_LABEL: &str = "fooddelivery.dev/metrics-reader";
/// OTLP over gRPC and HTTP (<https://opentelemetry.io/docs/specs/otlp/>).
const TRACES: [u16; 2] = [4317, 4318];

/// The policy of a service, which reaches the data stores of all `forms` of the platform.
pub(super) fn service(platform: &Validated, settings: &ServiceSettings, forms: &[&Validated]) -> Planned {
    let service = settings.service;
    let from: Vec<NetworkPolicyPeer> = platform
        .services
        .iter()
        .filter(|caller| caller.service.calls().contains(&service))
        .map(|caller| peer(pods(platform, caller)))
        .collect();
    let listens = [Some(service.port()), service.grpc_port()].into_iter().flatten();
    // The gateway is the only entry point; its exposure or an ingress decides who can reach it.
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
    let drilled = service.drill_port().filter(|_| platform.allows_drills);
    let drills = drilled.map(|number| NetworkPolicyIngressRule {
        from: Some(vec![part(platform, DRILL)]),
        ports: Some(vec![port(number, "TCP")]),
    });
    let egress = if has_external_egress(platform, service) {
        vec![NetworkPolicyEgressRule::default()]
    } else {
        let mut egress = inside(platform);
        egress.push(anywhere(&TRACES));
        egress.extend(mesh::egress(platform));
        if service == Service::Pay && platform.payments.is_some() {
            egress.push(anywhere(&[payments::HTTPS]));
        }
        for form in forms {
            if service.keeps_state() {
                egress.extend(kafka::egress(form));
                egress.extend(postgres::egress(form));
            }
            if service == Service::Order {
                egress.extend(mongodb::egress(form));
            }
        }
        only_widest(egress)
    };
    policy_for(
        platform,
        service.name(),
        Component::Service,
        pods(platform, settings),
        requests.into_iter().chain([metrics]).chain(drills).collect(),
        egress,
    )
}

/// The policy with which a drill reads metrics of a service. It is not part of the service's own one, since a change of that
/// has everybody try again whom they reach.
pub(super) fn metrics_for_drills(platform: &Validated, way: &MetricsWay) -> Option<Planned> {
    let mut services = platform.services.iter();
    let service = services.find(|settings| settings.service == way.to)?;
    let metrics = NetworkPolicyIngressRule {
        from: Some(vec![part(platform, DRILL)]),
        ports: Some(vec![port(way.port, "TCP")]),
    };
    Some(policy_for(
        platform,
        way.part,
        Component::Drill,
        pods(platform, service),
        vec![metrics],
        Vec::new(),
    ))
}

/// The policy of an extension: the gateway may call extensions with a route, and extensions that subscribe may connect
/// to Kafka. None may connect to addresses outside the platform.
pub(super) fn extension(platform: &Validated, settings: &ExtensionSettings, forms: &[&Validated]) -> Planned {
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
        egress.extend(forms.iter().flat_map(|form| kafka::egress(form)));
    }
    policy(
        platform,
        &settings.name,
        Component::Extension,
        requests.into_iter().chain([metrics]).collect(),
        only_widest(egress),
    )
}

/// Whether a service connects to addresses outside: the gateway fetches keys from the token issuer, and customer sends
/// notifications. Only their configuration knows the hosts and ports.
fn has_external_egress(platform: &Validated, service: Service) -> bool {
    match service {
        Service::Gateway => platform.auth.provider == Some(AuthProvider::Oidc),
        Service::Customer => platform.kakao_secret.is_some(),
        _ => false,
    }
}

/// The ports for metrics of a pod: its own, and in a mesh that of its sidecar.
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
    let own = platform
        .monitoring
        .as_ref()
        .filter(|monitoring| monitoring.is_managed())
        .map(|_| part(platform, PROMETHEUS));
    [namespaces].into_iter().chain(own).collect()
}
