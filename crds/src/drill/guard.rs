//! When a drill is ended for the sake of real customers.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Ends the drill when requests of others than the drill fail. They are counted at the gateway.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Guard {
    /// How many of a hundred of them may be answered with a 5xx (default: 5).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 100))]
    pub failed_percent: Option<i32>,

    /// Over how many seconds they are counted (default: 10).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 5, max = 60))]
    pub within_seconds: Option<i32>,
}
