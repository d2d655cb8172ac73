//! The address of the platform at Istio's ingress gateway.

use fdp_crds::{Exposure, Mtls};

use crate::{components::mesh::activation::active, model::observed::Observed, spec::Validated};

/// The URL of the platform's first host at Istio's ingress gateway, if people reach the platform there. With TLS that
/// is always so; without TLS only if the gateway is not exposed in another way.
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
/// gateway itself only sees connections from its sidecar.
pub fn forwards_client_address(platform: &Validated) -> bool {
    platform.exposure == Exposure::ClusterIP
        && platform
            .mesh
            .as_ref()
            .is_some_and(|mesh| mesh.mtls == Mtls::Strict)
}
