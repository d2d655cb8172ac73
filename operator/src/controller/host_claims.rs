//! What the other platforms of a cluster claim at the ingress gateway that a platform uses.

use fdp_crds::{Target, foreign::istio::Gateway};
use kube::{Resource as _, core::DynamicObject};

use crate::{
    components::mesh,
    controller::{caches::Caches, platform::PlatformKey},
    model::host_claim::HostClaim,
    spec::Validated,
};

/// The claims of all others. Read from the caches, so that it costs no call.
pub(super) fn of_others(caches: &Caches, platform: &Validated) -> Vec<HostClaim> {
    if platform.mesh.is_none() || platform.target != Target::InCluster {
        return Vec::new();
    }
    let platforms = caches.platforms.state();
    let others = platforms.iter().filter_map(|other| {
        let claim = mesh::claim(other.0.as_ref().ok()?)?;
        mesh::concerns(&claim, platform).then(|| with_held(caches, &PlatformKey::of(other), claim))
    });
    others.collect()
}

fn with_held(caches: &Caches, key: &PlatformKey, mut claim: HostClaim) -> HostClaim {
    let kind = Gateway::kind(&());
    let objects = &caches.local.objects;
    let gateways = objects.typed::<DynamicObject>(&key.namespace, &key.name, &kind);
    let name = mesh::gateway_name(&key.name);
    let mut gateways = gateways.iter();
    let live = gateways.find(|gateway| gateway.metadata.name.as_ref() == Some(&name));
    claim.held = mesh::held(&claim, live.map(AsRef::as_ref));
    claim
}
