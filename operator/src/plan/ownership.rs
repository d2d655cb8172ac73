//! Which platform owns an object in the cluster.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, OwnerReference};
use kube::{ResourceExt as _, core::DynamicObject};

use crate::{kubernetes::names, spec::Validated};

/// Whether an object was created for this platform, even if one of its labels was removed.
pub fn is_ours(metadata: &ObjectMeta, platform: &Validated) -> bool {
    let owners = metadata.owner_references.iter().flatten();
    let mut controllers = owners.filter(|owner| owner.controller == Some(true)).peekable();
    if controllers.peek().is_some() {
        return controllers.any(|owner| belongs_to(owner, platform));
    }
    let label = |name: &str| metadata.labels.as_ref()?.get(name).cloned();
    label(names::PLATFORM_LABEL).as_ref() == Some(&platform.name)
        && label(names::MANAGED_BY_LABEL).as_deref() == Some(names::MANAGER)
}

/// Whether an object belongs to this very platform, and not to a former one or to a person.
pub fn is_owned(object: &DynamicObject, platform: &Validated) -> bool {
    object
        .owner_references()
        .iter()
        .any(|owner| owner.controller == Some(true) && belongs_to(owner, platform))
}

fn belongs_to(owner: &OwnerReference, platform: &Validated) -> bool {
    platform.owner.as_ref().is_some_and(|own| own.uid == owner.uid)
}
