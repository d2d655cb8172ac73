//! The addresses and credentials with which programs of the stack reach each other, for each provider.

use k8s_openapi::api::core::v1::{SecretVolumeSource, Volume};

use crate::{
    components::logging::{eck, server::Server},
    kubernetes::{
        names::{ELASTICSEARCH, KIBANA},
        pod, secret,
    },
    spec::{Logging, LoggingRunner, Validated},
};

/// Where pods find the certificates to trust, a folder for each server.
pub(super) const CERTIFICATES: &str = "/etc/certificates";

/// Where Elasticsearch is.
pub(super) fn elasticsearch_server(platform: &Validated, settings: &Logging) -> Server {
    match settings.runner {
        LoggingRunner::Operator => Server {
            host: platform.child(ELASTICSEARCH),
            // TLS comes with the provider ECK.
            scheme: "http",
            certificates: None,
        },
        LoggingRunner::Eck => eck::elasticsearch(platform),
    }
}

/// Where Kibana is, if it runs.
pub(super) fn kibana_server(platform: &Validated, settings: &Logging) -> Option<Server> {
    settings.kibana.as_ref()?;
    Some(match settings.runner {
        LoggingRunner::Operator => Server {
            host: platform.child(KIBANA),
            scheme: "http",
            certificates: None,
        },
        LoggingRunner::Eck => eck::kibana(platform),
    })
}

/// The Secret and the key in which the superuser's password stands.
pub(super) fn superuser(platform: &Validated, settings: &Logging) -> (String, &'static str) {
    match settings.runner {
        LoggingRunner::Operator => (platform.child(ELASTICSEARCH), secret::PASSWORD),
        LoggingRunner::Eck => eck::superuser(platform),
    }
}

/// The volume with the certificate of a server, from a Secret of ECK.
pub(super) fn certificates(server: &str, secret: &str) -> Volume {
    Volume {
        name: format!("{server}-certificates"),
        secret: Some(SecretVolumeSource {
            secret_name: Some(secret.to_owned()),
            items: Some(vec![pod::item("ca.crt")]),
            ..Default::default()
        }),
        ..Default::default()
    }
}
