//! What the other platforms of a cluster claim at the ingress gateway that a platform uses.

use std::collections::BTreeSet;

use fdp_catalogue::Service;
use fdp_crds::{FoodDeliveryPlatform, MeshProvider, Target, foreign::istio::Gateway};
use kube::{Resource as _, core::DynamicObject};

use crate::{
    components::mesh,
    controller::{caches::Caches, platform::PlatformKey},
    model::host_claim::HostClaim,
    spec::{Validated, child_name, ingress_selector},
};

/// The claims of all others. Read from the caches, so that it costs no call.
pub(super) fn of_others(caches: &Caches, platform: &Validated) -> Vec<HostClaim> {
    // In a cluster of its own there is no other platform.
    let Some(used) = platform
        .mesh
        .as_ref()
        .filter(|_| platform.target == Target::InCluster)
    else {
        return Vec::new();
    };
    let own = PlatformKey::new(&platform.namespace, &platform.name);
    let hosts = mesh::in_istio(&platform.hosts);
    let platforms = caches.platforms.state();
    let others = platforms.iter().filter_map(|other| {
        let key = PlatformKey::of(other);
        let mut claim = claim(&key, other.0.as_ref().ok()?).filter(|_| key != own)?;
        if !claim.is_at(&used.ingress_selector) || !claim.hosts.iter().any(|host| hosts.contains(host)) {
            return None;
        }
        claim.held = held(caches, &key, &claim);
        Some(claim)
    });
    others.collect()
}

fn claim(key: &PlatformKey, platform: &FoodDeliveryPlatform) -> Option<HostClaim> {
    let spec = &platform.spec;
    let mesh = spec.mesh.as_ref()?;
    let services = spec.services.as_ref();
    let gateway = services.and_then(|services| services.gateway.as_ref());
    let is_served = mesh.provider == Some(MeshProvider::Istio)
        && spec.target.unwrap_or_default() == Target::InCluster
        && gateway.and_then(|gateway| gateway.enabled) != Some(false);
    is_served.then(|| HostClaim {
        platform: key.to_string(),
        created: platform.metadata.creation_timestamp.as_ref().map(|time| time.0),
        selector: ingress_selector(mesh.ingress_gateway.as_ref()),
        hosts: mesh::in_istio(spec.gateway.as_ref().map_or(&[], |gateway| &gateway.hosts)),
        held: BTreeSet::new(),
    })
}

fn held(caches: &Caches, key: &PlatformKey, claim: &HostClaim) -> BTreeSet<String> {
    let kind = Gateway::kind(&());
    let gateways = caches
        .local
        .objects
        .typed::<DynamicObject>(&key.namespace, &key.name, &kind);
    let name = child_name(&key.name, Service::Gateway.name());
    let live = gateways
        .iter()
        .find(|gateway| gateway.metadata.name.as_ref() == Some(&name));
    match live.map(|gateway| mesh::of_gateway(gateway)) {
        Some((selector, hosts)) if selector == claim.selector => hosts,
        _ => BTreeSet::new(),
    }
}
