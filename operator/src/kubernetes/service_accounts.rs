//! A `ServiceAccount` without rights for each part: the identity of its pods in a mesh.

use k8s_openapi::{api::core::v1::ServiceAccount, apimachinery::pkg::apis::meta::v1::ObjectMeta};

use crate::{
    kubernetes::names::{self, Component},
    model::object::{Planned, Wave},
    spec::Validated,
};

/// The account of one part.
pub fn account(platform: &Validated, part: &str, component: Component) -> Planned {
    let account = ServiceAccount {
        metadata: ObjectMeta {
            name: Some(platform.child(part)),
            labels: Some(names::labels(&platform.name, part, component)),
            ..Default::default()
        },
        automount_service_account_token: Some(false),
        ..Default::default()
    };
    Planned::new(Wave::Configuration, &account)
}
