//! Pod templates with the settings that all pods of a platform have.

use std::collections::BTreeMap;

use k8s_openapi::{
    api::core::v1::{PodSpec, PodTemplateSpec},
    apimachinery::pkg::apis::meta::v1::ObjectMeta,
};

use crate::{
    kubernetes::{
        names::{self, Component},
        pod,
    },
    spec::Validated,
};

/// The template of a part's pods. A changed configuration hash replaces the pods.
///
/// Unless `spec` says otherwise, they get no token for the API server.
pub fn template(
    platform: &Validated,
    part: &str,
    component: Component,
    config_hash: Option<String>,
    spec: PodSpec,
) -> PodTemplateSpec {
    labelled_template(
        platform,
        names::labels(&platform.name, part, component),
        config_hash,
        spec,
    )
}

/// The same, with other labels.
pub fn labelled_template(
    platform: &Validated,
    labels: BTreeMap<String, String>,
    config_hash: Option<String>,
    spec: PodSpec,
) -> PodTemplateSpec {
    PodTemplateSpec {
        metadata: Some(ObjectMeta {
            labels: Some(labels),
            annotations: config_hash.map(|hash| [(names::CONFIG_HASH.to_owned(), hash)].into()),
            ..Default::default()
        }),
        spec: Some(PodSpec {
            automount_service_account_token: spec.automount_service_account_token.or(Some(false)),
            enable_service_links: Some(false),
            image_pull_secrets: pod::pull_secrets(platform),
            ..spec
        }),
    }
}
