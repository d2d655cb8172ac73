//! Names that are not longer than a provider allows.

use serde_json::json;

use crate::spec::canonical::hash;

/// A name that is not longer than a provider allows: of two long ones that begin alike, a hash tells them apart.
pub fn fitting(name: &str, longest: usize) -> String {
    if name.chars().count() <= longest {
        return name.to_owned();
    }
    let hash = hash(&json!(name));
    let kept: String = name.chars().take(longest - hash.len() - 1).collect();
    format!("{kept}-{hash}")
}
