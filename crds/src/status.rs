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

    /// Who takes the customers' money, and whether that is only a demonstration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payments: Option<String>,

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

    /// Whether each service reaches what it calls, as a pod with the service's labels has found.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 20), extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["service"]))]
    pub reachability: Vec<Reachability>,

    /// The last times that a part that had been up was not ready, the latest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 20), extend("x-kubernetes-list-type" = "atomic"))]
    pub outages: Vec<Outage>,
}

/// Whether a service reaches what it calls: other services, Kafka and its databases.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Reachability {
    /// The service that calls, such as `order`.
    pub service: String,

    /// The Job that has found it. It is deleted once everything was reached.
    pub job: String,

    /// When everything was reached, or since when something is not. An image that is too old to try counts as if it had.
    pub since: Time,

    /// What it does not reach, and why; unset if it reaches everything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

/// A time during which a part was not ready.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Outage {
    /// The type of the part's condition, such as `ServicesReady`.
    pub condition: String,

    /// Why it was not ready, as the condition said last.
    pub message: String,

    /// Since when.
    pub from: Time,

    /// Until when; unset while it lasts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Time>,
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

    /// What stands before the names that the platform has there, with provider External.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prefix: Option<String>,

    /// The image that last ran, with provider Managed: its version has written the volume.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,

    /// The store before this one, until no pod uses it any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub former: Option<FormerStore>,

    /// How far a confirmed change to another store is, from the pause of the services until the store before goes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change: Option<StoreChange>,
}

/// How far a change of a data store is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct StoreChange {
    /// What is done at the moment.
    pub phase: ChangePhase,

    /// When the services were paused, or began to be.
    pub since: Time,
}

/// A phase of a change of a data store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum ChangePhase {
    /// The pods of all services that use the store are stopped.
    Pausing,
    /// No pod is left, and what the old store holds is copied to the new one.
    Copying,
    /// The services start with the new store.
    Resuming,
}

impl ChangePhase {
    /// The word in the status.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pausing => "Pausing",
            Self::Copying => "Copying",
            Self::Resuming => "Resuming",
        }
    }
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

    /// What stands before the names that the platform has there, with provider External.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prefix: Option<String>,
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

    /// The version that its replicas which answer run; two during a rollout. Unset while none answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub running: Option<String>,

    /// The version that it should run, while that is not the only one that runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wanted: Option<String>,

    /// Why the wanted version does not come up without somebody who steps in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,

    /// Replicas that answer.
    pub ready: i32,

    /// Replicas there should be.
    pub desired: i32,

    /// When the last rollout was finished.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Time>,
}
