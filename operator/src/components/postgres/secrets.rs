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
    spec::Validated,
};

/// Makes `CloudNativePG` reload the Secret when it changes.
const RELOAD_LABEL: &str = "cnpg.io/reload";

/// The superuser's password, and one password per database.
///
/// The first Secret exists even if nothing uses it: a password that is not stored would be generated again at every
/// reconciliation. `CloudNativePG` needs more of it, also while it takes over or is left.
pub fn secrets(platform: &Validated, credentials: &Credentials, for_cloud_native_pg: bool) -> [Planned; 2] {
    let mut values = vec![(PASSWORD, credentials.postgres.as_str())];
    let mut labels = BTreeMap::new();
    if for_cloud_native_pg {
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
