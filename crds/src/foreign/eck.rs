//! Elastic Cloud on Kubernetes: <https://www.elastic.co/docs/reference/cloud-on-k8s>.

use k8s_openapi::api::core::v1::{PersistentVolumeClaim, PodTemplateSpec};
use kube::{CustomResource, core::ApiResource};
use serde::{Deserialize, Serialize};

/// Every kind that plans use.
pub fn kinds() -> Vec<ApiResource> {
    vec![
        ApiResource::erase::<Elasticsearch>(&()),
        ApiResource::erase::<Kibana>(&()),
    ]
}

/// What is set of an `Elasticsearch`:
/// <https://www.elastic.co/docs/reference/cloud-on-k8s/api-reference/main#elasticsearchspec>.
#[derive(CustomResource, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[kube(
    group = "elasticsearch.k8s.elastic.co",
    version = "v1",
    kind = "Elasticsearch",
    plural = "elasticsearches",
    namespaced,
    schema = "disabled"
)]
#[serde(rename_all = "camelCase")]
pub struct ElasticsearchSpec {
    pub version: String,
    /// ECK's own choice for the version if unset.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    pub node_sets: Vec<NodeSet>,
    /// `DeleteOnScaledownOnly` or `DeleteOnScaledownAndClusterDeletion`.
    pub volume_claim_delete_policy: String,
}

/// Servers of one kind.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NodeSet {
    pub name: String,
    pub count: i32,
    /// What stands in `elasticsearch.yml`.
    pub config: serde_json::Map<String, serde_json::Value>,
    pub pod_template: PodTemplateSpec,
    pub volume_claim_templates: Vec<PersistentVolumeClaim>,
}

/// What is set of a `Kibana`: <https://www.elastic.co/docs/reference/cloud-on-k8s/api-reference/main#kibanaspec>.
#[derive(CustomResource, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[kube(
    group = "kibana.k8s.elastic.co",
    version = "v1",
    kind = "Kibana",
    plural = "kibanas",
    namespaced,
    schema = "disabled"
)]
#[serde(rename_all = "camelCase")]
pub struct KibanaSpec {
    pub version: String,
    /// ECK's own choice for the version if unset.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    pub count: i32,
    pub elasticsearch_ref: Reference,
    pub pod_template: PodTemplateSpec,
}

/// Another resource of ECK in the same namespace.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Reference {
    pub name: String,
}
