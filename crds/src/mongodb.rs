//! The document database of the order service.

#![expect(
    unreachable_pub,
    reason = "KubeSchema derives a copy of the type inside a function"
)]

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The document database of the order service.
#[derive(KubeSchema, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[x_kube(
    validation = Rule::new("(has(self.provider) && self.provider == 'External') == has(self.secretRef)")
        .message("mongodb.provider: External and mongodb.secretRef need each other")
)]
pub struct Mongodb {
    /// Who runs it. None (default): orders are documents in PostgreSQL. External: a MongoDB that you run. Orders do
    /// not move from one to the other.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<MongodbProvider>,

    /// The Secret that says where it is, with provider External.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_ref: Option<MongodbSecret>,
}

/// Who runs MongoDB.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum MongodbProvider {
    #[default]
    None,
    External,
}

/// A Secret in the platform's namespace with the key `url`, like `mongodb://user:password@host:27017/order`. Pods
/// read it when they start.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MongodbSecret {
    /// The Secret's name.
    #[schemars(length(min = 1, max = 253))]
    pub name: String,
}
