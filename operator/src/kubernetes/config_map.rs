//! The `ConfigMap` of a part.

use k8s_openapi::api::core::v1::ConfigMap;

use crate::{
    kubernetes::{metadata::metadata, names::Component},
    spec::Validated,
};

/// The `ConfigMap` of a part with these files, each a pair of name and content.
pub fn config_map<'a>(
    platform: &Validated,
    part: &str,
    component: Component,
    files: impl IntoIterator<Item = (&'a str, String)>,
) -> ConfigMap {
    let files = files
        .into_iter()
        .map(|(name, content)| (name.to_owned(), content));
    ConfigMap {
        metadata: metadata(platform, part, component),
        data: Some(files.collect()),
        ..Default::default()
    }
}
