//! The variables with which programs connect to a PostgreSQL server in the cluster.

use fdp_catalogue::variables;
use k8s_openapi::api::core::v1::EnvVar;

use crate::{
    kubernetes::{
        names::{self, POSTGRES},
        pod, secret,
    },
    spec::Validated,
};

/// The port for clients of a server in the cluster.
pub const PORT: u16 = 5432;

/// The password, and the URL of a service's database on that server.
pub(super) fn client(platform: &Validated, database: &str, server: &str) -> Vec<EnvVar> {
    vec![
        // The URL refers to the password variable, so the password comes first.
        pod::env_from_secret(
            variables::DATABASE_PASSWORD,
            &platform.child(names::DATABASES),
            database,
        ),
        pod::env(
            variables::DATABASE_URL,
            format!("postgres://{database}:$(DATABASE_PASSWORD)@{server}:{PORT}/{database}"),
        ),
    ]
}

/// The same for the superuser.
pub(super) fn administrator(platform: &Validated, server: &str) -> Vec<EnvVar> {
    vec![
        pod::env_from_secret("POSTGRES_PASSWORD", &platform.child(POSTGRES), secret::PASSWORD),
        pod::env(
            variables::POSTGRES_URL,
            format!("postgres://postgres:$(POSTGRES_PASSWORD)@{server}:{PORT}/postgres"),
        ),
    ]
}
