//! In which cluster a platform runs.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where the objects of a platform are made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Target {
    /// Beside the resource that describes it.
    #[default]
    #[serde(rename = "in-cluster")]
    InCluster,
    /// In the cluster that `cloud.aws.eks` makes, in the namespace of the same name.
    #[serde(rename = "eks")]
    Eks,
}
