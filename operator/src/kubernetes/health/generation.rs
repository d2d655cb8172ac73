//! Whether a status is about the latest change of its object.

/// Whether the generation that a status is about is the object's own.
pub fn observed(generation: Option<i64>, observed_generation: Option<i64>) -> bool {
    observed_generation.unwrap_or(0) >= generation.unwrap_or(0)
}
