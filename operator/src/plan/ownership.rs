//! Which platform owns an object in the cluster.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, OwnerReference};
use kube::{ResourceExt as _, core::DynamicObject};

use crate::{
    kubernetes::names::{self, ADOPT},
    model::object::ObjectKey,
    spec::Validated,
};

/// Why an object that somebody else created is not written.
#[derive(Debug, thiserror::Error)]
#[error(
    "it is there already and was not made for this platform: delete it, or give it to the platform: kubectl -n {namespace} \
     annotate {} {name} {ADOPT}={platform}",
    kind.to_lowercase()
)]
pub struct NotOurs {
    namespace: String,
    kind: String,
    name: String,
    platform: String,
}

impl NotOurs {
    /// That error about the object with that key.
    pub fn new(object: &ObjectKey, platform: &Validated) -> Self {
        Self {
            namespace: platform.namespace.clone(),
            kind: object.kind.clone(),
            name: object.name.clone(),
            platform: platform.name.clone(),
        }
    }
}

/// Whether the operator may write an object: it was created for this platform, or somebody gave it to the platform.
///
/// The word is on the object and not on the platform, because who may edit platforms must not gain other objects by that.
pub fn may_write(metadata: &ObjectMeta, platform: &Validated) -> bool {
    is_ours(metadata, platform) || is_given(metadata, platform)
}

/// Whether whoever may change an object has given it to this platform.
pub fn is_given(metadata: &ObjectMeta, platform: &Validated) -> bool {
    let annotations = metadata.annotations.as_ref();
    annotations.and_then(|annotations| annotations.get(ADOPT)) == Some(&platform.name)
}

/// Whether an object was created for this platform, even if one of its labels was removed.
pub fn is_ours(metadata: &ObjectMeta, platform: &Validated) -> bool {
    let owners = metadata.owner_references.iter().flatten();
    let mut controllers = owners.filter(|owner| owner.controller == Some(true)).peekable();
    if controllers.peek().is_some() {
        return controllers.any(|owner| belongs_to(owner, platform));
    }
    is_labelled(metadata, platform)
}

/// Whether an object has the labels by which the operator finds the platform's objects.
pub fn is_labelled(metadata: &ObjectMeta, platform: &Validated) -> bool {
    let label = |name: &str| metadata.labels.as_ref()?.get(name).map(String::as_str);
    label(names::PLATFORM_LABEL) == Some(&platform.name)
        && label(names::MANAGED_BY_LABEL) == Some(names::MANAGER)
}

/// Whether this platform owns an object, and not a former platform or a person.
pub fn is_owned(object: &DynamicObject, platform: &Validated) -> bool {
    object
        .owner_references()
        .iter()
        .any(|owner| owner.controller == Some(true) && belongs_to(owner, platform))
}

fn belongs_to(owner: &OwnerReference, platform: &Validated) -> bool {
    platform.owner.as_ref().is_some_and(|own| own.uid == owner.uid)
}
