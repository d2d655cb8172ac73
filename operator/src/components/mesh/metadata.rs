//! Names and labels of the objects of Istio.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use crate::{
    kubernetes::names::{self, Component},
    spec::Validated,
};

pub(super) fn metadata(platform: &Validated, part: &str) -> ObjectMeta {
    ObjectMeta {
        name: Some(platform.child(part)),
        labels: Some(names::labels(&platform.name, part, Component::Mesh)),
        ..Default::default()
    }
}
