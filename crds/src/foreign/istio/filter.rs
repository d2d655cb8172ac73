//! Changes to the configuration of sidecars: <https://istio.io/latest/docs/reference/config/networking/envoy-filter/>.

use std::collections::BTreeMap;

use kube::CustomResource;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What is set of an `EnvoyFilter`.
#[derive(CustomResource, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[kube(
    group = "networking.istio.io",
    version = "v1alpha3",
    kind = "EnvoyFilter",
    plural = "envoyfilters",
    namespaced,
    schema = "disabled"
)]
#[serde(rename_all = "camelCase")]
pub struct EnvoyFilterSpec {
    pub workload_selector: WorkloadSelector,
    pub config_patches: Vec<ConfigPatch>,
}

/// The pods whose sidecars are changed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WorkloadSelector {
    pub labels: BTreeMap<String, String>,
}

/// One change.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ConfigPatch {
    /// What kind of thing is changed, such as `HTTP_FILTER`.
    pub apply_to: String,
    #[serde(rename = "match")]
    pub place: PatchMatch,
    pub patch: Patch,
}

/// Where it is changed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PatchMatch {
    /// Such as `SIDECAR_INBOUND`.
    pub context: String,
    pub listener: ListenerMatch,
}

/// A listener of a sidecar.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ListenerMatch {
    /// The port that clients ask.
    pub port_number: u16,
    pub filter_chain: FilterChainMatch,
}

/// A chain of filters.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FilterChainMatch {
    pub filter: FilterMatch,
}

/// A filter.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FilterMatch {
    pub name: String,
}

/// How it is changed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Patch {
    /// Such as `INSERT_FIRST`.
    pub operation: String,
    /// In the words of Envoy's own configuration.
    pub value: Value,
}
