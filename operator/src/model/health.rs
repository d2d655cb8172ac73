//! The health of a part of a platform.

use crate::model::reason::Reason;

/// The health of a part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Health {
    /// It is ready as planned.
    Ready,
    /// It is not ready yet, or not any more; it may become ready by itself.
    Waiting(String),
    /// It will not become ready without intervention.
    Failed(String),
    /// It needs a third-party operator that is not installed.
    Absent(String),
    /// Its pods are ready, and do not reach what they call.
    Unreachable(String),
    /// It runs on as before, because a change has to wait, for this reason.
    Held {
        reason: Reason,
        message: String,
        /// Whether it waits for a person, and not for something that may come by itself.
        for_person: bool,
    },
}

impl Health {
    /// Whether it is ready.
    pub fn is_ready(&self) -> bool {
        *self == Self::Ready
    }

    /// Whether it gets no further without a person.
    pub fn needs_person(&self) -> bool {
        matches!(
            self,
            Self::Failed(_) | Self::Unreachable(_) | Self::Held { for_person: true, .. }
        )
    }

    /// Why it is not ready.
    pub fn message(&self) -> Option<&str> {
        match self {
            Self::Ready => None,
            Self::Waiting(message)
            | Self::Failed(message)
            | Self::Absent(message)
            | Self::Unreachable(message)
            | Self::Held { message, .. } => Some(message),
        }
    }
}
