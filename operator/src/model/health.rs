//! How a part of a platform is doing.

/// How a part is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Health {
    /// It is up as planned.
    Ready,
    /// It is not up yet, or not any more; it may get there by itself.
    Waiting(String),
    /// It will not get there unless somebody steps in.
    Failed(String),
    /// It needs a program that is not in the cluster; it gets there when somebody installs that.
    Absent(String),
}

impl Health {
    /// Whether it is up.
    pub fn is_ready(&self) -> bool {
        *self == Self::Ready
    }

    /// Why it is not up.
    pub fn message(&self) -> Option<&str> {
        match self {
            Self::Ready => None,
            Self::Waiting(message) | Self::Failed(message) | Self::Absent(message) => Some(message),
        }
    }
}
