//! What a platform claims at Istio's ingress gateway, told from its resource alone: for others that share the gateway.

use std::collections::BTreeSet;

use fdp_catalogue::Service;
use fdp_crds::{FoodDeliveryPlatform, MeshProvider, Target};
use kube::{ResourceExt as _, core::DynamicObject};

use crate::{
    components::mesh::hosts::{in_istio, of_gateway},
    model::host_claim::HostClaim,
    spec::{Validated, child_name, ingress_selector},
};

/// The hosts that a platform claims; `None` if it is served at no ingress gateway of this cluster.
pub fn claim(platform: &FoodDeliveryPlatform) -> Option<HostClaim> {
    let spec = &platform.spec;
    let mesh = spec.mesh.as_ref()?;
    let services = spec.services.as_ref();
    let gateway = services.and_then(|services| services.gateway.as_ref());
    let is_served = mesh.provider == Some(MeshProvider::Istio)
        && spec.target.unwrap_or_default() == Target::InCluster
        && gateway.and_then(|gateway| gateway.enabled) != Some(false);
    is_served.then(|| HostClaim {
        platform: format!(
            "{}/{}",
            platform.namespace().unwrap_or_default(),
            platform.name_any()
        ),
        created: platform.metadata.creation_timestamp.as_ref().map(|time| time.0),
        selector: ingress_selector(mesh.ingress_gateway.as_ref()),
        hosts: in_istio(spec.gateway.as_ref().map_or(&[], |gateway| &gateway.hosts)),
        held: BTreeSet::new(),
    })
}

/// Whether a claim is one of another platform for a host that this one describes at the same ingress gateway.
pub fn concerns(claim: &HostClaim, platform: &Validated) -> bool {
    // In a cluster of its own there is no other platform.
    let mesh = platform
        .mesh
        .as_ref()
        .filter(|_| platform.target == Target::InCluster);
    let hosts = in_istio(&platform.hosts);
    claim.platform != format!("{}/{}", platform.namespace, platform.name)
        && mesh.is_some_and(|mesh| claim.is_at(&mesh.ingress_selector))
        && claim.hosts.iter().any(|host| hosts.contains(host))
}

/// The name of the Istio Gateway of the platform of that name.
pub fn gateway_name(platform: &str) -> String {
    child_name(platform, Service::Gateway.name())
}

/// The hosts that the ingress gateway serves for a claim already, by the Istio Gateway of that platform.
pub fn held(claim: &HostClaim, gateway: Option<&DynamicObject>) -> BTreeSet<String> {
    match gateway.map(of_gateway) {
        Some((selector, hosts)) if selector == claim.selector => hosts,
        _ => BTreeSet::new(),
    }
}
