//! Whether data outlives the platform.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What happens to the volumes when the platform is deleted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum DeletionPolicy {
    #[default]
    Retain,
    Delete,
}

impl DeletionPolicy {
    /// The word that a StatefulSet's claim retention policy uses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Retain => "Retain",
            Self::Delete => "Delete",
        }
    }
}
