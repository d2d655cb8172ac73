//! CloudNativePG: <https://cloudnative-pg.io/documentation/current/cloudnative-pg.v1/>.

use kube::{CustomResource, core::ApiResource};
use serde::{Deserialize, Serialize};

/// Every kind that plans use.
pub fn kinds() -> Vec<ApiResource> {
    vec![ApiResource::erase::<Cluster>(&())]
}

/// What is set of a `Cluster`.
#[derive(CustomResource, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[kube(
    group = "postgresql.cnpg.io",
    version = "v1",
    kind = "Cluster",
    plural = "clusters",
    namespaced,
    schema = "disabled"
)]
#[serde(rename_all = "camelCase")]
pub struct ClusterSpec {
    pub instances: i32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image_name: Option<String>,
    pub primary_update_strategy: String,
    pub enable_superuser_access: bool,
    pub superuser_secret: SecretName,
    pub storage: StorageConfiguration,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub postgresql: Option<PostgresConfiguration>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub image_pull_secrets: Vec<SecretName>,
}

/// A Secret in the same namespace.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SecretName {
    pub name: String,
}

/// The volume of each server.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StorageConfiguration {
    pub size: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub storage_class: Option<String>,
}

/// The configuration of the servers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PostgresConfiguration {
    pub synchronous: SynchronousReplication,
}

/// How many standby servers must have a transaction before it counts as committed, since `CloudNativePG` 1.25:
/// <https://cloudnative-pg.io/documentation/current/replication/#synchronous-replication>.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SynchronousReplication {
    /// `any` of the standby servers, or the `first` of them.
    pub method: String,
    pub number: i32,
    /// `required`: without enough standby servers, commits wait; `preferred`: they do not.
    pub data_durability: String,
}
