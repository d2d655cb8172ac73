//! The document database of the order service.

#![expect(
    unreachable_pub,
    reason = "KubeSchema derives a copy of the type inside a function"
)]

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Storage, rules};

/// The document database of the order service.
#[derive(KubeSchema, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[x_kube(
    validation = Rule::new("(has(self.provider) && self.provider == 'External') == has(self.secretRef)")
        .message("mongodb.provider: External and mongodb.secretRef need each other"),
    validation = Rule::new("(has(self.provider) && self.provider == 'Managed') || !(has(self.image) || has(self.storage))")
        .message("mongodb.image and storage need mongodb.provider: Managed")
)]
pub struct Mongodb {
    /// Who runs it. None (default): orders are documents in PostgreSQL. Managed: the operator, one server. External: a
    /// MongoDB that you run. Orders do not move from one to another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<MongodbProvider>,

    /// The Secret that says where it is, with provider External.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_ref: Option<MongodbSecret>,

    /// Image of the managed server (default: `docker.io/library/mongo:8.0`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 300), extend("x-kubernetes-validations" = rules::image()))]
    pub image: Option<String>,

    /// The managed server's volume. Fixed while the operator runs it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub storage: Option<Storage>,
}

/// Who runs MongoDB.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum MongodbProvider {
    #[default]
    None,
    Managed,
    External,
}

/// A Secret in the platform's namespace with the key `url`, like `mongodb://user:password@host:27017/order`. Pods
/// read it when they start.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MongodbSecret {
    /// The Secret's name.
    #[schemars(length(min = 1, max = 253), extend("x-kubernetes-validations" = rules::secret_name()))]
    pub name: String,
}
