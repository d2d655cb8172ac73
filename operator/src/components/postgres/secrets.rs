//! The Secrets with generated passwords.

use std::collections::BTreeMap;

use crate::{
    kubernetes::{
        names::{self, Component},
        secret::{PASSWORD, secret},
    },
    model::{
        object::{Planned, Wave},
        observed::Credentials,
    },
    spec::{Postgres, Validated},
};

/// Makes `CloudNativePG` reload the Secret when it changes.
const RELOAD_LABEL: &str = "cnpg.io/reload";

/// The superuser's password, and one password per database.
///
/// The first Secret exists even if nothing uses it: a password that is not stored would be generated again at every
/// reconciliation.
pub fn secrets(platform: &Validated, credentials: &Credentials) -> [Planned; 2] {
    let mut values = vec![(PASSWORD, credentials.postgres.as_str())];
    let mut labels = BTreeMap::new();
    if matches!(platform.postgres, Postgres::CloudNativePg(_)) {
        values.push(("username", "postgres"));
        labels.insert(RELOAD_LABEL.to_owned(), "true".to_owned());
    }
    let mut postgres = secret(platform, names::POSTGRES, Component::Database, values);
    postgres.metadata.labels.get_or_insert_default().extend(labels);
    let databases = secret(
        platform,
        names::DATABASES,
        Component::Database,
        credentials
            .databases
            .iter()
            .map(|(database, password)| (database.as_str(), password.as_str())),
    );
    [postgres, databases].map(|secret| Planned::new(Wave::Configuration, &secret).generated())
}
