//! The input of a condition about one part.

use crate::model::{health::Health, reason::Reason};

/// A part, with the type and the messages of its condition.
pub(super) struct Part {
    pub(super) type_: &'static str,
    /// The reason of `Ready` while this part is not.
    pub(super) missing: Reason,
    pub(super) ready_message: String,
    /// What its message adds while it is ready: what to change although it runs.
    pub(super) notices: Vec<String>,
    pub(super) health: Vec<Health>,
}
