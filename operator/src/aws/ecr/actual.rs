//! The repositories that exist at AWS.

use serde_json::Value;

/// A repository at AWS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActualRepository {
    pub name: String,
    pub uri: String,
    /// Whether it has the platform's tag.
    pub ours: bool,
    pub scan_on_push: bool,
    pub immutable_tags: bool,
    /// Its lifecycle policy, if it is ours and has one.
    pub lifecycle: Option<Value>,
}
