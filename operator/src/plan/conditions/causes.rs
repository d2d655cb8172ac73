//! The causes that the message of a condition names.

/// How many causes a message names; the others are only counted.
const CAUSES_SHOWN: usize = 3;

/// The first causes, and the number of the others. What holds for several parts is said once.
pub(super) fn list(causes: &[String]) -> String {
    let mut different: Vec<&str> = Vec::new();
    for cause in causes {
        if !different.contains(&cause.as_str()) {
            different.push(cause);
        }
    }
    let shown = different[..different.len().min(CAUSES_SHOWN)].join("; ");
    match different.len().saturating_sub(CAUSES_SHOWN) {
        0 => shown,
        more => format!("{shown}; and {more} more"),
    }
}
