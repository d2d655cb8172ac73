//! Completes planned objects: with their namespace, their owner and a hash by which changes of the plan are found.

use std::sync::Arc;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;
use kube::ResourceExt as _;

use crate::{
    kubernetes::names,
    model::object::{Planned, to_value},
    spec::canonical::hash,
};

/// Puts the object into its namespace, under its owner, and writes down its hash.
#[must_use]
pub fn seal(mut planned: Planned, namespace: &str, owner: Option<&OwnerReference>) -> Planned {
    let outlives = planned.outlives;
    let object = Arc::make_mut(&mut planned.object);
    object.metadata.namespace = Some(namespace.to_owned());
    object.metadata.owner_references = owner.filter(|_| !outlives).map(|owner| vec![owner.clone()]);
    let hash = hash(&to_value(object));
    object
        .annotations_mut()
        .insert(names::APPLIED_HASH.to_owned(), hash);
    planned
}
