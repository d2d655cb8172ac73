//! Names and labels of the objects of the monitoring.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use crate::{
    kubernetes::names::{self, Component},
    spec::Validated,
};

/// The text with the platform's names in the place of `$namespace` and `$platform`.
pub(super) fn filled(text: &str, platform: &Validated) -> String {
    text.replace("$namespace", &platform.namespace)
        .replace("$platform", &platform.name)
}

pub(super) fn metadata(platform: &Validated, part: &str) -> ObjectMeta {
    ObjectMeta {
        name: Some(platform.child(part)),
        labels: Some(labels(platform, part)),
        ..Default::default()
    }
}

pub(super) fn labels(platform: &Validated, part: &str) -> BTreeMap<String, String> {
    names::labels(&platform.name, part, Component::Monitoring)
}
