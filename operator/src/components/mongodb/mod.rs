//! Where orders are kept, if that is a document database.

mod managed;

use k8s_openapi::api::{core::v1::EnvVar, networking::v1::NetworkPolicyEgressRule};

use crate::{
    kubernetes::pod,
    model::{health::Health, object::Planned, observed::Observed},
    spec::{Mongodb, Validated, variables},
};

/// The port for clients of a server in the cluster.
pub const PORT: u16 = 27017;
/// The key of the Secret under which the database's URL lies.
pub const URL_KEY: &str = "url";

/// Everything that makes up the database, if the operator runs it.
pub fn objects(platform: &Validated, observed: &Observed) -> Vec<Planned> {
    match &platform.mongodb {
        Mongodb::Managed(store) => managed::objects(platform, store, observed),
        Mongodb::None | Mongodb::External { .. } => Vec::new(),
    }
}

/// The variables that tell order to keep its orders in MongoDB; none when they are kept in PostgreSQL.
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

/// How the database is doing.
pub fn health(platform: &Validated, observed: &Observed) -> Option<Health> {
    matches!(platform.mongodb, Mongodb::Managed(_)).then(|| managed::health(platform, observed))
}

/// What order has to be let out to, beyond the pods of the platform.
pub fn egress(platform: &Validated) -> Vec<NetworkPolicyEgressRule> {
    match &platform.mongodb {
        // Only the Secret knows where it is.
        Mongodb::External { .. } => vec![NetworkPolicyEgressRule::default()],
        Mongodb::None | Mongodb::Managed(_) => Vec::new(),
    }
}
