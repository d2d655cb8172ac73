//! Whether a platform may be drilled.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Whether drills may hurt the platform.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Drills {
    /// Whoever may create a `ResilienceDrill` in the namespace may hurt the platform.
    Allowed,
    #[default]
    Forbidden,
}
