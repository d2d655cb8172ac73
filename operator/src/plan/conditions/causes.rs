//! The causes that the message of a condition names.

/// How many causes a message names; the others are only counted.
const CAUSES_SHOWN: usize = 3;

/// The first causes, and the number of the others.
pub(super) fn list(causes: &[String]) -> String {
    let shown = causes[..causes.len().min(CAUSES_SHOWN)].join("; ");
    match causes.len().saturating_sub(CAUSES_SHOWN) {
        0 => shown,
        more => format!("{shown}; and {more} more"),
    }
}
