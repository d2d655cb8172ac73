//! MongoDB, if the platform stores orders there.

mod managed;

use fdp_catalogue::variables;
use k8s_openapi::api::{core::v1::EnvVar, networking::v1::NetworkPolicyEgressRule};

use crate::{
    kubernetes::pod,
    model::{health::Health, object::Planned, observed::Observed},
    spec::{Mongodb, Validated},
};

pub use managed::PORT;

/// The key of the Secret that holds the database's URL.
const URL_KEY: &str = "url";

/// Every object of the database, if the operator runs it.
pub fn objects(platform: &Validated, observed: &Observed) -> Vec<Planned> {
    match &platform.mongodb {
        Mongodb::Managed(data_store) => managed::objects(platform, data_store, observed),
        Mongodb::None | Mongodb::External { .. } => Vec::new(),
    }
}

/// The variables with which order uses MongoDB; none if it uses PostgreSQL.
pub fn environment(platform: &Validated) -> Vec<EnvVar> {
    let url = match &platform.mongodb {
        Mongodb::None => return Vec::new(),
        Mongodb::Managed(_) => managed::url(platform),
        Mongodb::External { secret } => {
            vec![pod::env_from_secret(variables::MONGODB_URL, secret, URL_KEY)]
        }
    };
    std::iter::once(pod::env(variables::ORDER_STORE, "mongodb"))
        .chain(url)
        .collect()
}

/// The health of the database.
pub fn health(platform: &Validated, observed: &Observed) -> Option<Health> {
    matches!(platform.mongodb, Mongodb::Managed(_)).then(|| managed::health(platform, observed))
}

/// The egress that order needs, beyond the pods of the platform.
pub fn egress(platform: &Validated) -> Vec<NetworkPolicyEgressRule> {
    match &platform.mongodb {
        // Only the Secret holds the address, so any destination is allowed.
        Mongodb::External { .. } => vec![NetworkPolicyEgressRule::default()],
        Mongodb::None | Mongodb::Managed(_) => Vec::new(),
    }
}
