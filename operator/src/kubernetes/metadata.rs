//! The metadata of the objects of a part, and the selector of its pods.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, ObjectMeta};

use crate::{
    kubernetes::names::{self, Component},
    spec::Validated,
};

/// The metadata of an object that has the name of its part.
pub fn metadata(platform: &Validated, part: &str, component: Component) -> ObjectMeta {
    ObjectMeta {
        name: Some(platform.child(part)),
        labels: Some(names::labels(&platform.name, part, component)),
        ..Default::default()
    }
}

/// Selects the pods of a part.
pub fn pods_of(platform: &Validated, part: &str) -> LabelSelector {
    LabelSelector {
        match_labels: Some(names::selector(&platform.name, part)),
        ..Default::default()
    }
}
