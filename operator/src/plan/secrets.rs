//! The Secrets with generated passwords.

use std::collections::BTreeMap;

use k8s_openapi::{ByteString, api::core::v1::Secret, apimachinery::pkg::apis::meta::v1::ObjectMeta};

use super::{
    names::{self, Component},
    object::{Planned, Wave},
    observed::Credentials,
    validated::Validated,
};

/// The key of the superuser's password in the Secret of the database server.
pub const PASSWORD: &str = "password";

/// The superuser's password, and one password per database.
pub fn secrets(platform: &Validated, credentials: &Credentials) -> [Planned; 2] {
    let postgres = BTreeMap::from([(PASSWORD.to_owned(), credentials.postgres.clone())]);
    [
        secret(platform, names::POSTGRES, &postgres),
        secret(platform, names::DATABASES, &credentials.databases),
    ]
}

fn secret(platform: &Validated, part: &str, values: &BTreeMap<String, String>) -> Planned {
    let secret = Secret {
        metadata: ObjectMeta {
            name: Some(platform.child(part)),
            labels: Some(names::labels(&platform.name, part, Component::Database)),
            ..Default::default()
        },
        type_: Some("Opaque".to_owned()),
        data: Some(
            values
                .iter()
                .map(|(key, value)| (key.clone(), ByteString(value.clone().into_bytes())))
                .collect(),
        ),
        ..Default::default()
    };
    Planned::new(Wave::Configuration, &secret).generated()
}
