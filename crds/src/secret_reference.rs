//! A reference to a Secret of the platform's namespace.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A Secret, by its name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SecretReference {
    /// The Secret's name.
    #[schemars(length(min = 1, max = 253))]
    pub name: String,
}
