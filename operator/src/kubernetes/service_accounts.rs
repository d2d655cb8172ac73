//! An identity for each part that runs, with no rights: by it a mesh tells parts apart.

use k8s_openapi::{api::core::v1::ServiceAccount, apimachinery::pkg::apis::meta::v1::ObjectMeta};

use crate::{
    kubernetes::names::{self, Component},
    model::object::{Planned, Wave},
    spec::Validated,
};

/// The accounts of all services.
pub fn accounts(platform: &Validated) -> Vec<Planned> {
    platform
        .services
        .iter()
        .map(|settings| account(platform, settings.service.name(), Component::Service))
        .collect()
}

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
