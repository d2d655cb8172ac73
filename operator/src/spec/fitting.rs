//! Names shortened to the length that a provider allows.

use serde_json::json;

use crate::spec::canonical::hash;

/// The name, shortened to the length that a provider allows. A hash keeps two long names with the same beginning
/// distinct.
pub fn fitting(name: &str, longest: usize) -> String {
    if name.chars().count() <= longest {
        return name.to_owned();
    }
    let hash = hash(&json!(name));
    let kept: String = name.chars().take(longest - hash.len() - 1).collect();
    format!("{kept}-{hash}")
}
