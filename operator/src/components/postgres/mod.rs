//! The relational database, whoever runs it.

mod cloud_native_pg;
mod external;
mod managed;
pub mod secrets;

use k8s_openapi::api::{core::v1::EnvVar, networking::v1::NetworkPolicyEgressRule};

use crate::{
    kubernetes::{
        names::{self, POSTGRES},
        pod,
    },
    model::{health::Health, object::Planned, observed::Observed},
    spec::{Postgres, Validated, variables},
};

/// The port for clients of a server in the cluster.
pub const PORT: u16 = 5432;

/// Everything that makes up the database, except its Secrets.
pub fn objects(platform: &Validated, observed: &Observed) -> Vec<Planned> {
    match &platform.postgres {
        Postgres::Managed(store) => managed::objects(platform, store, &observed.credentials),
        Postgres::CloudNativePg(cluster) => cloud_native_pg::objects(platform, cluster, observed),
        Postgres::External { .. } => Vec::new(),
    }
}

/// The variables with which a service reaches its own database; the last is `DATABASE_URL`.
pub fn client_environment(platform: &Validated, database: &str) -> Vec<EnvVar> {
    match &platform.postgres {
        Postgres::Managed(_) => managed::client_environment(platform, database),
        Postgres::CloudNativePg(_) => cloud_native_pg::client_environment(platform, database),
        Postgres::External { secret } => external::client_environment(platform, secret, database),
    }
}

/// The variables with which the setup makes databases and roles; the last is `POSTGRES_URL`.
pub fn administrator_environment(platform: &Validated) -> Vec<EnvVar> {
    match &platform.postgres {
        Postgres::Managed(_) => managed::administrator_environment(platform),
        Postgres::CloudNativePg(_) => cloud_native_pg::administrator_environment(platform),
        Postgres::External { secret } => external::administrator_environment(platform, secret),
    }
}

/// How the database is doing.
pub fn health(platform: &Validated, observed: &Observed) -> Vec<Health> {
    match &platform.postgres {
        Postgres::Managed(_) => vec![managed::health(platform, observed)],
        Postgres::CloudNativePg(cluster) => {
            vec![cloud_native_pg::health(platform, cluster, observed)]
        }
        // What we cannot see, the setup and the services say when they do not get through.
        Postgres::External { .. } => Vec::new(),
    }
}

/// What clients have to be let out to, beyond the pods of the platform.
pub fn egress(platform: &Validated) -> Vec<NetworkPolicyEgressRule> {
    match &platform.postgres {
        Postgres::Managed(_) => Vec::new(),
        Postgres::CloudNativePg(_) => cloud_native_pg::egress(platform),
        // Only the Secret knows where it is.
        Postgres::External { .. } => vec![NetworkPolicyEgressRule::default()],
    }
}

/// The password, and the URL of a service's database on that server.
fn client(platform: &Validated, database: &str, server: &str) -> Vec<EnvVar> {
    vec![
        // The URL refers to the password, so it has to come after it.
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
fn administrator(platform: &Validated, server: &str) -> Vec<EnvVar> {
    vec![
        pod::env_from_secret("POSTGRES_PASSWORD", &platform.child(POSTGRES), secrets::PASSWORD),
        pod::env(
            "POSTGRES_URL",
            format!("postgres://postgres:$(POSTGRES_PASSWORD)@{server}:{PORT}/postgres"),
        ),
    ]
}
