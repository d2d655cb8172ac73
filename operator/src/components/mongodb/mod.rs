//! MongoDB, if the platform stores orders there.

mod managed;

use fdp_catalogue::{Service, variables};
use k8s_openapi::api::{core::v1::EnvVar, networking::v1::NetworkPolicyEgressRule};

use crate::{
    kubernetes::pod,
    model::{
        health::Health,
        object::Planned,
        observed::{Credentials, Observed},
    },
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
    let url = url(platform);
    let store = (!url.is_empty()).then(|| pod::env(variables::ORDER_STORE, "mongodb"));
    store.into_iter().chain(url).collect()
}

/// The variables with which the setup signs in as order does; none if nobody uses MongoDB.
pub fn sign_in_environment(platform: &Validated) -> Vec<EnvVar> {
    let mut services = platform.services.iter();
    if services.any(|settings| settings.service == Service::Order) {
        url(platform)
    } else {
        Vec::new()
    }
}

/// The password that a change of makes the setup sign in again, if the operator makes it.
pub fn generated_password<'a>(platform: &Validated, credentials: &'a Credentials) -> Option<&'a str> {
    let is_managed = matches!(platform.mongodb, Mongodb::Managed(_));
    is_managed.then_some(credentials.mongodb.as_str())
}

fn url(platform: &Validated) -> Vec<EnvVar> {
    match &platform.mongodb {
        Mongodb::None => Vec::new(),
        Mongodb::Managed(_) => managed::url(platform),
        Mongodb::External { secret } => {
            vec![pod::env_from_secret(variables::MONGODB_URL, secret, URL_KEY)]
        }
    }
}

/// The health of the database.
pub fn health(platform: &Validated, observed: &Observed) -> Option<Health> {
    matches!(platform.mongodb, Mongodb::Managed(_)).then(|| managed::health(platform, observed))
}

/// The egress that order and the setup need, beyond the pods of the platform.
pub fn egress(platform: &Validated) -> Vec<NetworkPolicyEgressRule> {
    match &platform.mongodb {
        // Only the Secret holds the address, so any destination is allowed.
        Mongodb::External { .. } => vec![NetworkPolicyEgressRule::default()],
        Mongodb::None | Mongodb::Managed(_) => Vec::new(),
    }
}
