//! Completes planned objects with their namespace, their owner and a hash that shows whether the plan has changed.

use std::sync::Arc;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;
use kube::ResourceExt as _;

use crate::{
    kubernetes::names,
    model::object::{Planned, to_value},
    spec::canonical::hash,
};

/// Adds the namespace, the owner and the hash to an object.
#[must_use]
pub fn seal(mut planned: Planned, namespace: &str, owner: Option<&OwnerReference>) -> Planned {
    let retained = planned.retained;
    let object = Arc::make_mut(&mut planned.object);
    object.metadata.namespace = Some(namespace.to_owned());
    object.metadata.owner_references = owner.filter(|_| !retained).map(|owner| vec![owner.clone()]);
    let hash = hash(&to_value(object));
    object
        .annotations_mut()
        .insert(names::APPLIED_HASH.to_owned(), hash);
    planned
}
