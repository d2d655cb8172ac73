//! The causes that the message of a condition names.

/// How many causes a message names before it only counts.
const CAUSES_SHOWN: usize = 3;

/// The first causes, and how many more there are.
pub(super) fn list(causes: &[String]) -> String {
    let shown = causes[..causes.len().min(CAUSES_SHOWN)].join("; ");
    match causes.len().saturating_sub(CAUSES_SHOWN) {
        0 => shown,
        more => format!("{shown}; and {more} more"),
    }
}
