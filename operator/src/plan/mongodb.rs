//! Where orders are kept, if that is a document database.

use k8s_openapi::api::core::v1::EnvVar;

use super::{pod, validated::Validated, variables};

/// The key of the Secret under which the database's URL lies.
pub const URL_KEY: &str = "url";

/// The variables that tell order to keep its orders in MongoDB; none when they are kept in PostgreSQL.
pub fn environment(platform: &Validated) -> Vec<EnvVar> {
    let Some(secret) = &platform.mongodb_secret else {
        return Vec::new();
    };
    vec![
        pod::env(variables::ORDER_STORE, "mongodb"),
        pod::env_from_secret(variables::MONGODB_URL, secret, URL_KEY),
    ]
}
