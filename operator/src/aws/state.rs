//! The state of a resource at AWS, as far as it matters for the next step.

/// The state of a resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    Active,
    /// It is being created, changed or deleted; the word is AWS'.
    Busy(String),
    /// AWS could not create or change it, for this reason.
    Failed(String),
}

impl State {
    /// AWS' word for it.
    pub fn word(&self) -> &str {
        match self {
            Self::Active => "ACTIVE",
            Self::Busy(word) => word,
            Self::Failed(_) => "FAILED",
        }
    }
}
