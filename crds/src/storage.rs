//! The volume of a data store.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::rules;

/// The size of a volume if the resource does not give one. The rules that keep sizes fixed name it too.
pub const DEFAULT_STORAGE_SIZE: &str = "2Gi";

/// The volume of a data store.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Storage {
    /// Size of the volume, such as `20Gi` (default: 2Gi, and 10Gi for logs and metrics).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 20), regex(pattern = r"^[1-9][0-9]*(Mi|Gi|Ti)$"))]
    pub size: Option<String>,

    /// `StorageClass` of the volume. The default is the cluster's default class.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 253), extend("x-kubernetes-validations" = rules::storage_class()))]
    pub storage_class: Option<String>,
}
