//! PostgreSQL with its three providers, and the copy from one to another.

mod address;
mod cloud_native_pg;
mod copy;
mod external;
mod managed;
mod secrets;
mod server;

use k8s_openapi::api::{core::v1::EnvVar, networking::v1::NetworkPolicyEgressRule};

use crate::{
    model::{health::Health, object::Planned, observed::Observed},
    spec::{Postgres, Validated},
};

pub use address::address;
pub use copy::{copy, copy_name};
pub use secrets::secrets;
pub use server::PORT;

/// Every object of the database, except its Secrets.
pub fn objects(platform: &Validated, observed: &Observed) -> Vec<Planned> {
    match &platform.postgres {
        Postgres::Managed(data_store) => managed::objects(platform, data_store, &observed.credentials),
        Postgres::CloudNativePg(cluster) => cloud_native_pg::objects(platform, cluster, observed),
        Postgres::External(_) => Vec::new(),
    }
}

/// The variables with which a service connects to its own database; the last is `DATABASE_URL`.
pub fn client_environment(platform: &Validated, database: &str) -> Vec<EnvVar> {
    match &platform.postgres {
        Postgres::Managed(_) => managed::client_environment(platform, database),
        Postgres::CloudNativePg(_) => cloud_native_pg::client_environment(platform, database),
        Postgres::External(there) => external::client_environment(platform, there, database),
    }
}

/// The variables with which the setup creates databases and roles; the last is `POSTGRES_URL`.
pub fn administrator_environment(platform: &Validated) -> Vec<EnvVar> {
    match &platform.postgres {
        Postgres::Managed(_) => managed::administrator_environment(platform),
        Postgres::CloudNativePg(_) => cloud_native_pg::administrator_environment(platform),
        Postgres::External(there) => external::administrator_environment(there),
    }
}

/// The health of the database.
pub fn health(platform: &Validated, observed: &Observed) -> Vec<Health> {
    match &platform.postgres {
        Postgres::Managed(_) => vec![managed::health(platform, observed)],
        Postgres::CloudNativePg(cluster) => {
            vec![cloud_native_pg::health(platform, cluster, observed)]
        }
        // It cannot be observed: the plan says whether the setup has spoken to it.
        Postgres::External(_) => Vec::new(),
    }
}

/// The egress that clients need, beyond the pods of the platform.
pub fn egress(platform: &Validated) -> Vec<NetworkPolicyEgressRule> {
    match &platform.postgres {
        Postgres::Managed(_) => Vec::new(),
        Postgres::CloudNativePg(_) => cloud_native_pg::egress(platform),
        // Only the Secret holds the address, so any destination is allowed.
        Postgres::External(_) => vec![NetworkPolicyEgressRule::default()],
    }
}
