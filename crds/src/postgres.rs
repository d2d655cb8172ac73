//! The relational database of the services, and who runs it.

#![expect(
    unreachable_pub,
    reason = "KubeSchema derives a copy of the type inside a function"
)]

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{SecretReference, Storage, rules};

/// The relational database of the services.
#[derive(KubeSchema, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[x_kube(
    validation = Rule::new("(has(self.provider) && self.provider == 'External') == has(self.secretRef)")
        .message("postgres.provider: External and postgres.secretRef need each other"),
    validation = Rule::new("!has(self.provider) || self.provider != 'External' || !(has(self.storage) || has(self.image))")
        .message("postgres.storage and image are for a PostgreSQL that runs in the cluster; with provider External leave them out"),
    validation = Rule::new("!has(self.instances) || (has(self.provider) && self.provider == 'CloudNativePG')")
        .message("postgres.instances needs postgres.provider: CloudNativePG; the managed PostgreSQL is one server"),
    validation = Rule::new("!has(self.prefix) || (has(self.provider) && self.provider == 'External')")
        .message("postgres.prefix needs postgres.provider: External; other servers serve this platform alone"),
    validation = Rule::new("!has(self.prefix) || !self.prefix.startsWith('pg_')")
        .message("postgres.prefix must not start with pg_, which PostgreSQL keeps for itself")
)]
pub struct Postgres {
    /// Who runs it. Managed (default): the operator itself, one server. `CloudNativePG`: the operator of that name,
    /// which has to be in the cluster. External: a server that you run. Data moves from one to another
    /// only if the change is confirmed with a copy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<PostgresProvider>,

    /// Image of the server; for Managed the official `postgres:15` fits (default: `<registry>/postgres:15`), for
    /// `CloudNativePG` one of its own (default: what it brings).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 300), extend("x-kubernetes-validations" = rules::image()))]
    pub image: Option<String>,

    /// Servers, with provider `CloudNativePG`: one primary, the others follow it (default: 3).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 9))]
    pub instances: Option<i32>,

    /// Each server's volume. Fixed while the operator runs the server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub storage: Option<Storage>,

    /// Where the external server is: a Secret with the keys `host`, `port`, `username` and `password` of a role that
    /// may create databases and roles, and `sslmode` if it is not `prefer`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_ref: Option<SecretReference>,

    /// What stands before the name of each database and role on the external server, where other platforms may have
    /// theirs (default: `<namespace>_<name>_`, with a hash in it where that would be ambiguous or too long). A platform
    /// that is up keeps the prefix that it has (`status.stores.postgres.prefix`) until you name another one, which is a
    /// change of the store: data does not move.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 50), regex(pattern = r"^[a-z_][a-z0-9_]*$"))]
    pub prefix: Option<String>,
}

/// Who runs `PostgreSQL`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum PostgresProvider {
    #[default]
    Managed,
    CloudNativePG,
    External,
}
