//! The addresses and credentials that programs of the logging stack use to connect to each other, for each provider.

use k8s_openapi::api::core::v1::Volume;

use crate::{
    components::logging::{eck, server::Server},
    kubernetes::{
        names::{ELASTICSEARCH, KIBANA},
        pod, secret,
    },
    spec::{Logging, LoggingRunner, Validated},
};

/// The directory with the certificates to trust, one subdirectory per server.
pub(super) const CERTIFICATES: &str = "/etc/certificates";

/// The address of Elasticsearch.
pub(super) fn elasticsearch_server(platform: &Validated, settings: &Logging) -> Server {
    match settings.runner {
        LoggingRunner::Operator => Server {
            host: platform.child(ELASTICSEARCH),
            // Only the provider ECK uses TLS.
            scheme: "http",
            certificates: None,
        },
        LoggingRunner::Eck => eck::elasticsearch(platform),
    }
}

/// The address of Kibana, if it runs.
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

/// The Secret and the key that hold the superuser's password.
pub(super) fn superuser(platform: &Validated, settings: &Logging) -> (String, &'static str) {
    match settings.runner {
        LoggingRunner::Operator => (platform.child(ELASTICSEARCH), secret::PASSWORD),
        LoggingRunner::Eck => eck::superuser(platform),
    }
}

/// The volume with a server's certificate, from a Secret that ECK creates.
pub(super) fn certificates(server: &str, secret: &str) -> Volume {
    pod::secret_volume(&format!("{server}-certificates"), secret.to_owned(), "ca.crt")
}
