//! The address of the platform at Istio's ingress gateway.

use fdp_crds::{Exposure, Mtls};

use crate::{
    components::mesh::{activation::active, hosts},
    model::observed::Observed,
    spec::Validated,
};

/// The URL of the platform's first host that no other platform has at Istio's ingress gateway, if people reach the platform there. With TLS that
/// is always so; without TLS only if the gateway is not exposed in another way.
pub fn address(platform: &Validated, observed: &Observed) -> Option<String> {
    let taken = hosts::taken(platform, active(platform, observed)?, observed);
    // Where one host stands for all, another platform has either all of them or none.
    let is_ours =
        |host: &&String| !taken.contains_key(hosts::ANY) && !taken.contains_key(&host.to_lowercase());
    let host = platform.hosts.iter().find(is_ours)?;
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
