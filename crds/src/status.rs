//! What the operator reports about a platform.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::CloudStatus;

/// What the operator reports about a platform.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FoodDeliveryPlatformStatus {
    /// The generation of the resource that this status is about; -1 before the operator has looked at it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,

    /// Ready, Reconciling and Stalled, then one condition per part.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["type"]))]
    pub conditions: Vec<Condition>,

    /// The version that all services run. Moves when a rollout has finished.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,

    /// Where to open the platform; `pending` until the load balancer has an address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,

    /// The services and how many of their replicas are ready.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["name"]))]
    pub services: Vec<ServiceStatus>,

    /// What the platform has at a cloud provider.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cloud: Option<CloudStatus>,

    /// The data stores that the services use, once all of them have been up with them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stores: Option<StoresStatus>,
}

/// The data stores that the services use.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct StoresStatus {
    /// Kafka.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kafka: Option<StoreStatus>,

    /// PostgreSQL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub postgres: Option<StoreStatus>,

    /// MongoDB; with provider None, orders are in PostgreSQL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mongodb: Option<StoreStatus>,
}

/// A data store that the services use.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct StoreStatus {
    /// Who runs it, in the words of the specification.
    pub provider: String,

    /// The Secret that says where it is, with provider External.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,

    /// The image that last ran, with provider Managed: its version has written the volume.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,

    /// The store before this one, until no pod uses it any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub former: Option<FormerStore>,
}

/// A data store from which the services move away.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FormerStore {
    /// Who runs it, in the words of the specification.
    pub provider: String,

    /// The Secret that says where it is, with provider External.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
}

/// How one service is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ServiceStatus {
    /// The service's name, such as `order`.
    pub name: String,

    /// The image it should run.
    pub image: String,

    /// The version that all its replicas run; unset during a rollout.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,

    /// Replicas that answer.
    pub ready: i32,

    /// Replicas there should be.
    pub desired: i32,

    /// When the last rollout was finished.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Time>,
}
