//! Names and labels of the objects of the stack.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use crate::{
    kubernetes::names::{self, Component},
    spec::Validated,
};

/// The names of the platform's indices begin with this, and its index template, policy and role are called so.
pub(super) fn index(platform: &Validated) -> String {
    format!("fluent-{}", platform.name)
}

pub(super) fn metadata(platform: &Validated, part: &str) -> ObjectMeta {
    ObjectMeta {
        name: Some(platform.child(part)),
        labels: Some(labels(platform, part)),
        ..Default::default()
    }
}

pub(super) fn labels(platform: &Validated, part: &str) -> BTreeMap<String, String> {
    names::labels(&platform.name, part, Component::Logging)
}
