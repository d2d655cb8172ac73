//! Istio: routes, mutual TLS, retries and time limits between the services.

mod access;
mod destinations;
mod health;
mod ingress;
mod members;
mod rate_limit;
mod routes;
mod sidecars;

use fdp_crds::{Exposure, Mtls};
use k8s_openapi::{
    api::networking::v1::{NetworkPolicyEgressRule, NetworkPolicyPeer},
    apimachinery::pkg::apis::meta::v1::{LabelSelector, LabelSelectorRequirement, ObjectMeta},
};

use crate::{
    kubernetes::names::{self, Component},
    model::{apis::Family, object::Planned, observed::Observed},
    plan::network,
    spec::{Mesh, Validated},
};

pub use health::health;
pub use sidecars::{INJECT_LABEL, METRICS_PATH, METRICS_PORT, keep_out, pod_annotations, pod_labels};

/// The namespace of Istio's control plane, unless somebody went out of their way.
const ISTIO_NAMESPACE: &str = "istio-system";
/// The ports on which the control plane hands out configuration and certificates, with TLS and without.
const CONTROL_PLANE: [u16; 2] = [15012, 15010];

/// Everything that makes up Istio, if it is asked for and the cluster has what that needs.
pub fn objects(platform: &Validated, observed: &Observed) -> Vec<Planned> {
    let Some(mesh) = active(platform, observed) else {
        return Vec::new();
    };
    let members = members::members(platform, observed);
    let enforced = access::enforced(mesh, platform, observed);
    let mut objects = Vec::new();
    for member in &members {
        // Before the routes, which name the subsets that this one has.
        objects.push(destinations::rule(platform, mesh, member, observed));
        objects.push(if member.is_gateway {
            ingress::route(platform, member)
        } else {
            routes::route(platform, mesh, member)
        });
        objects.push(access::authentication(platform, member, enforced));
        if enforced {
            objects.push(access::authorization(platform, mesh, member));
        }
        if member.is_gateway {
            objects.push(ingress::gateway(platform, mesh));
            objects.extend(rate_limit::filter(platform, mesh, member));
        }
    }
    objects
}

/// Whether pods get a sidecar.
pub fn injects(platform: &Validated, observed: &Observed) -> bool {
    active(platform, observed).is_some()
}

/// What pods with a sidecar have to be let out to: the control plane, which lives beside the ingress gateway or where
/// Istio puts it by default.
pub fn egress(platform: &Validated) -> Vec<NetworkPolicyEgressRule> {
    let Some(mesh) = &platform.mesh else {
        return Vec::new();
    };
    let mut namespaces = vec![ISTIO_NAMESPACE.to_owned(), mesh.ingress_namespace.clone()];
    namespaces.dedup();
    vec![NetworkPolicyEgressRule {
        to: Some(vec![NetworkPolicyPeer {
            namespace_selector: Some(LabelSelector {
                match_expressions: Some(vec![LabelSelectorRequirement {
                    key: "kubernetes.io/metadata.name".to_owned(),
                    operator: "In".to_owned(),
                    values: Some(namespaces),
                }]),
                ..Default::default()
            }),
            ..Default::default()
        }]),
        ports: Some(CONTROL_PLANE.map(|number| network::port(number, "TCP")).to_vec()),
    }]
}

/// Whether people reach the gateway through Istio's ingress gateway under the first of the platform's hosts: with TLS
/// they do, and without when there is no other way in.
pub fn address(platform: &Validated, observed: &Observed) -> Option<String> {
    active(platform, observed)?;
    let host = platform.hosts.first()?;
    let inside_only = platform.exposure == Exposure::ClusterIP;
    match (platform.tls.is_some(), inside_only) {
        (true, _) => Some(format!("https://{host}")),
        (false, true) => Some(format!("http://{host}")),
        (false, false) => None,
    }
}

/// Whether every request that reaches the gateway comes through Istio's ingress gateway, which says where from. The
/// gateway itself sees nobody but its sidecar.
pub fn says_where_from(platform: &Validated) -> bool {
    platform.exposure == Exposure::ClusterIP
        && platform
            .mesh
            .as_ref()
            .is_some_and(|mesh| mesh.mtls == Mtls::Strict)
}

fn active<'a>(platform: &'a Validated, observed: &Observed) -> Option<&'a Mesh> {
    platform
        .mesh
        .as_ref()
        .filter(|_| observed.apis.have(Family::Istio))
}

fn metadata(platform: &Validated, part: &str) -> ObjectMeta {
    ObjectMeta {
        name: Some(platform.child(part)),
        labels: Some(names::labels(&platform.name, part, Component::Mesh)),
        ..Default::default()
    }
}
