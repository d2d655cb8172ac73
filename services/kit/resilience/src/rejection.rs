//! Why a call to another service was not made.

/// Why a call was not made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// Most calls failed lately.
    #[error("most calls failed lately, so none are made for a moment")]
    Open,
    /// Too many wait already, or the wait for a place took too long.
    #[error("too many calls are under way and wait already")]
    Full,
}
