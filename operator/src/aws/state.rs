//! The state of an AWS resource, as far as it matters for the next step.

/// The state of a resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    Active,
    /// AWS is creating, changing or deleting it; the word is AWS' name of the state.
    Busy(String),
    /// AWS could not create or change it, for this reason.
    Failed(String),
}

impl State {
    /// AWS' name of the state.
    pub fn word(&self) -> &str {
        match self {
            Self::Active => "ACTIVE",
            Self::Busy(word) => word,
            Self::Failed(_) => "FAILED",
        }
    }
}
