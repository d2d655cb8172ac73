//! The owner reference by which Kubernetes deletes the objects of a platform together with it.

use fdp_crds::FoodDeliveryPlatform;
use k8s_openapi::{api::core::v1::ConfigMap, apimachinery::pkg::apis::meta::v1::OwnerReference};
use kube::Resource;

/// A reference to the resource itself; `None` when there is no cluster.
pub fn resource(platform: &FoodDeliveryPlatform) -> Option<OwnerReference> {
    let name = platform.metadata.name.clone().unwrap_or_default();
    Some(to::<FoodDeliveryPlatform>(name, platform.metadata.uid.clone()?))
}

/// A reference to an anchor of that name, in a remote cluster, where the resource does not exist.
pub fn anchor(name: String, uid: String) -> OwnerReference {
    to::<ConfigMap>(name, uid)
}

fn to<K: Resource<DynamicType = ()>>(name: String, uid: String) -> OwnerReference {
    OwnerReference {
        api_version: K::api_version(&()).into_owned(),
        kind: K::kind(&()).into_owned(),
        name,
        uid,
        controller: Some(true),
        block_owner_deletion: Some(true),
    }
}
