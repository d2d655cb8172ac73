//! Strimzi: <https://strimzi.io/docs/operators/latest/configuring>.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::TopologySpreadConstraint;
use kube::{CustomResource, core::ApiResource};
use serde::{Deserialize, Serialize};

/// Every kind that plans use.
pub fn kinds() -> Vec<ApiResource> {
    vec![
        ApiResource::erase::<Kafka>(&()),
        ApiResource::erase::<KafkaNodePool>(&()),
        ApiResource::erase::<KafkaTopic>(&()),
    ]
}

/// What is set of a `Kafka`.
#[derive(CustomResource, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[kube(
    group = "kafka.strimzi.io",
    version = "v1",
    kind = "Kafka",
    plural = "kafkas",
    namespaced,
    schema = "disabled"
)]
#[serde(rename_all = "camelCase")]
pub struct KafkaSpec {
    pub kafka: KafkaCluster,
    pub entity_operator: EntityOperator,
}

/// What all brokers have in common.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct KafkaCluster {
    pub listeners: Vec<Listener>,
    /// The brokers' own properties.
    pub config: BTreeMap<String, String>,
    pub template: PodsTemplate,
}

/// Where brokers listen.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Listener {
    pub name: String,
    pub port: i32,
    #[serde(rename = "type")]
    pub type_: String,
    pub tls: bool,
}

/// The operators that Strimzi runs beside a cluster.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EntityOperator {
    pub topic_operator: TopicOperator,
    pub template: EntityOperatorTemplate,
}

/// Who makes `KafkaTopic`s true; being there switches it on.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TopicOperator {}

/// What the pods of the entity operator look like.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EntityOperatorTemplate {
    pub pod: Template,
    pub topic_operator_container: ContainerTemplate,
}

/// What the pods of the brokers look like.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PodsTemplate {
    pub pod: Template,
}

/// What generated pods look like.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Template {
    pub metadata: TemplateMetadata,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub topology_spread_constraints: Vec<TopologySpreadConstraint>,
}

/// Labels that generated pods get, over those that they inherit.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TemplateMetadata {
    pub labels: BTreeMap<String, String>,
}

/// What a container looks like.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ContainerTemplate {
    pub env: Vec<ContainerEnvVar>,
}

/// A variable of a container.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ContainerEnvVar {
    pub name: String,
    pub value: String,
}

/// What is set of a `KafkaNodePool`.
#[derive(CustomResource, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[kube(
    group = "kafka.strimzi.io",
    version = "v1",
    kind = "KafkaNodePool",
    plural = "kafkanodepools",
    namespaced,
    schema = "disabled"
)]
#[serde(rename_all = "camelCase")]
pub struct KafkaNodePoolSpec {
    pub replicas: i32,
    pub roles: Vec<String>,
    pub storage: PoolStorage,
}

/// The volumes of each node.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PoolStorage {
    #[serde(rename = "type")]
    pub type_: String,
    pub volumes: Vec<PoolVolume>,
}

/// A volume of each node.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PoolVolume {
    pub id: i32,
    #[serde(rename = "type")]
    pub type_: String,
    pub size: String,
    /// The `StorageClass`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
    pub delete_claim: bool,
    /// `shared` where the quorum's own log lies on it too.
    pub kraft_metadata: String,
}

/// What is set of a `KafkaTopic`.
#[derive(CustomResource, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[kube(
    group = "kafka.strimzi.io",
    version = "v1",
    kind = "KafkaTopic",
    plural = "kafkatopics",
    namespaced,
    schema = "disabled"
)]
#[serde(rename_all = "camelCase")]
pub struct KafkaTopicSpec {
    pub topic_name: String,
    pub partitions: i32,
    pub replicas: i32,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub config: BTreeMap<String, String>,
}
