//! Who changes a ticket.

use std::fmt;

/// Who changes a ticket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// An owner of the store; the id is missing if the token names none.
    Owner(Option<String>),
    /// An administrator; the same.
    Administrator(Option<String>),
    /// Another service of the platform, which may do everything.
    System,
    /// The automatic store.
    Autopilot,
    /// A deadline that has passed.
    Deadline,
    /// The order.
    Order,
}

/// As in the history.
impl fmt::Display for Actor {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Owner(Some(subject)) => write!(formatter, "owner {subject}"),
            Self::Owner(None) => formatter.write_str("owner"),
            Self::Administrator(Some(subject)) => write!(formatter, "admin {subject}"),
            Self::Administrator(None) => formatter.write_str("admin"),
            Self::System => formatter.write_str("system"),
            Self::Autopilot => formatter.write_str("autopilot"),
            Self::Deadline => formatter.write_str("deadline"),
            Self::Order => formatter.write_str("order"),
        }
    }
}
