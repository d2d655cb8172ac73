//! The egress of sidecars to Istio's control plane.

use k8s_openapi::{
    api::networking::v1::{NetworkPolicyEgressRule, NetworkPolicyPeer},
    apimachinery::pkg::apis::meta::v1::{LabelSelector, LabelSelectorRequirement},
};

use crate::{kubernetes::network_policy, spec::Validated};

/// The default namespace of Istio's control plane.
const ISTIO_NAMESPACE: &str = "istio-system";
/// The ports on which the control plane serves configuration and certificates, with TLS and without.
const CONTROL_PLANE: [u16; 2] = [15012, 15010];

/// The egress that sidecars need: to the control plane, which runs in the namespace of the ingress gateway or in
/// Istio's default namespace.
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
        ports: Some(
            CONTROL_PLANE
                .map(|number| network_policy::port(number, "TCP"))
                .to_vec(),
        ),
    }]
}
