//! The Secret with the passwords of the logging stack.

use crate::{
    kubernetes::{
        names::{Component, ELASTICSEARCH},
        secret,
    },
    model::{
        object::{Planned, Wave},
        observed::Observed,
    },
    spec::{Logging, LoggingRunner, Validated},
};

/// A key of the Secret `<platform>-elasticsearch`, which also holds the superuser's password.
pub const KIBANA_PASSWORD: &str = "kibana-password";
/// See [`KIBANA_PASSWORD`].
pub const KIBANA_KEY: &str = "kibana-key";
/// See [`KIBANA_PASSWORD`].
pub const FLUENTD_PASSWORD: &str = "fluentd-password";

/// The Secret.
pub(super) fn secret(platform: &Validated, settings: &Logging, observed: &Observed) -> Planned {
    let credentials = &observed.credentials;
    let mut values = vec![(FLUENTD_PASSWORD, credentials.fluentd.as_str())];
    // With ECK, ECK creates these passwords.
    if settings.runner == LoggingRunner::Operator {
        values.extend([
            (secret::PASSWORD, credentials.elasticsearch.as_str()),
            (KIBANA_PASSWORD, &credentials.kibana),
            (KIBANA_KEY, &credentials.kibana_key),
        ]);
    }
    let secret = secret::secret(platform, ELASTICSEARCH, Component::Logging, values);
    Planned::new(Wave::Configuration, &secret).generated()
}
