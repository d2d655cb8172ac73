//! The Secrets with generated passwords.

use std::collections::BTreeMap;

use k8s_openapi::{ByteString, api::core::v1::Secret, apimachinery::pkg::apis::meta::v1::ObjectMeta};

use crate::{
    kubernetes::names::{self, Component},
    model::{
        object::{Planned, Wave},
        observed::Credentials,
    },
    spec::{Postgres, Validated},
};

/// The key of the superuser's password in the Secret of the database server.
pub const PASSWORD: &str = "password";
/// Tells `CloudNativePG` to take over what changes in the Secret.
const RELOAD_LABEL: &str = "cnpg.io/reload";

/// The superuser's password, and one password per database.
///
/// The first is there even if nobody needs it: a password that is nowhere would be made up anew at every look.
pub fn secrets(platform: &Validated, credentials: &Credentials) -> [Planned; 2] {
    let mut values = BTreeMap::from([(PASSWORD.to_owned(), credentials.postgres.clone())]);
    let mut labels = BTreeMap::new();
    if matches!(platform.postgres, Postgres::CloudNativePg(_)) {
        values.insert("username".to_owned(), "postgres".to_owned());
        labels.insert(RELOAD_LABEL.to_owned(), "true".to_owned());
    }
    let mut postgres = secret(platform, names::POSTGRES, &values);
    postgres.metadata.labels.get_or_insert_default().extend(labels);
    let databases = secret(platform, names::DATABASES, &credentials.databases);
    [postgres, databases].map(|secret| Planned::new(Wave::Configuration, &secret).generated())
}

fn secret(platform: &Validated, part: &str, values: &BTreeMap<String, String>) -> Secret {
    Secret {
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
    }
}
