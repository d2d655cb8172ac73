//! Who changes a delivery.

use std::fmt;

/// Who changes a delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// The rider with this id.
    Rider(String),
    /// An administrator; the id is missing if the token names none.
    Administrator(Option<String>),
    /// Another service of the platform, which may do everything.
    System,
    /// The automatic rider.
    Autopilot,
    /// A deadline that has passed.
    Deadline,
    /// The order.
    Order,
    /// The store that cooks.
    Store,
}

impl Actor {
    /// The rider's id; `None` for all others, who may do everything.
    pub fn rider(&self) -> Option<&str> {
        match self {
            Self::Rider(rider_id) => Some(rider_id),
            _ => None,
        }
    }
}

/// As in the history.
impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rider(rider_id) => write!(f, "rider {rider_id}"),
            Self::Administrator(Some(subject)) => write!(f, "admin {subject}"),
            Self::Administrator(None) => f.write_str("admin"),
            Self::System => f.write_str("system"),
            Self::Autopilot => f.write_str("autopilot"),
            Self::Deadline => f.write_str("deadline"),
            Self::Order => f.write_str("order"),
            Self::Store => f.write_str("store"),
        }
    }
}
