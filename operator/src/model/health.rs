//! The health of a part of a platform.

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
}

impl Health {
    /// Whether it is ready.
    pub fn is_ready(&self) -> bool {
        *self == Self::Ready
    }

    /// Why it is not ready.
    pub fn message(&self) -> Option<&str> {
        match self {
            Self::Ready => None,
            Self::Waiting(message) | Self::Failed(message) | Self::Absent(message) => Some(message),
        }
    }
}
