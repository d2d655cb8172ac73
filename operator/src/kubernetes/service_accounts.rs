//! A `ServiceAccount` without permissions for each part: the identity of its pods in a mesh.

use k8s_openapi::api::core::v1::ServiceAccount;

use crate::{
    kubernetes::{metadata::metadata, names::Component},
    model::object::{Planned, Wave},
    spec::Validated,
};

/// The service account of one part.
pub fn account(platform: &Validated, part: &str, component: Component) -> Planned {
    let account = ServiceAccount {
        metadata: metadata(platform, part, component),
        automount_service_account_token: Some(false),
        ..Default::default()
    };
    Planned::new(Wave::Configuration, &account)
}
