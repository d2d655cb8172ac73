//! Finds out who changes an object that is not put back at the moment.

use kube::{Api, ResourceExt as _, core::DynamicObject};

use crate::{
    controller::{
        api_call::{ApiCall, send},
        platform::PlatformKey,
        restores::Restores,
        target_cluster::TargetCluster,
    },
    kubernetes::{drift::Difference, managers::managers_of},
    plan::compared::Compared,
};

/// Notes that an object was changed again and, once, by whom. The caches leave out what tells who that was, so it is
/// read.
pub(super) async fn note(
    cluster: &TargetCluster,
    restores: &Restores,
    platform: &PlatformKey,
    object: &Compared<'_>,
) {
    let (planned, key) = (object.planned, object.planned.key());
    let Difference::Drifted(field) = &object.difference else {
        return;
    };
    if !restores.changed_again(platform, &key) {
        return;
    }
    let api =
        Api::<DynamicObject>::namespaced_with(cluster.client.clone(), &platform.namespace, &planned.resource);
    let call = ApiCall {
        verb: "get",
        kind: &planned.resource.kind,
        name: &key.name,
    };
    match send(call, api.get_metadata(&key.name)).await {
        Ok(live) => restores.changed_by(platform, &key, managers_of(live.managed_fields(), field)),
        Err(error) => tracing::warn!(%error, object = %key, "who changes it could not be read"),
    }
}
