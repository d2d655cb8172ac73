//! The address of the platform at Istio's ingress gateway.

use fdp_crds::{Exposure, Mtls};

use crate::{components::mesh::activation::active, model::observed::Observed, spec::Validated};

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

/// Whether every request reaches the gateway through Istio's ingress gateway, which forwards the client's address. The
/// gateway itself sees connections from its sidecar only.
pub fn forwards_client_address(platform: &Validated) -> bool {
    platform.exposure == Exposure::ClusterIP
        && platform
            .mesh
            .as_ref()
            .is_some_and(|mesh| mesh.mtls == Mtls::Strict)
}
