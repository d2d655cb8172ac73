//! A reference to a Secret of the platform's namespace.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::rules;

/// A Secret, by its name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SecretReference {
    /// The Secret's name.
    #[schemars(length(min = 1, max = 253), extend("x-kubernetes-validations" = rules::secret_name()))]
    pub name: String,
}
