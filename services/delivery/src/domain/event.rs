//! The events of other services that change a delivery.

use super::actor::Actor;

/// For how many minutes food may wait for its rider if the store does not say so.
pub const USUAL_PICK_UP_WITHIN_MINUTES: u32 = 15;

/// An event of the order or of its ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UpstreamEvent {
    /// The order was placed.
    OrderPlaced,
    /// The order allows the rider to leave; from now on it cannot be cancelled.
    OrderOnTheWay,
    /// The order was cancelled or rejected.
    OrderEnded,
    /// The store has begun to cook: riders may take the delivery on.
    CookingStarted,
    /// The store has cooked the food.
    FoodReady {
        /// For how many minutes it may wait for the rider who has taken it on.
        pick_up_within_minutes: u32,
    },
}

impl UpstreamEvent {
    /// Whose event it is.
    pub(super) fn by(self) -> Actor {
        match self {
            Self::OrderPlaced | Self::OrderOnTheWay | Self::OrderEnded => Actor::Order,
            Self::CookingStarted | Self::FoodReady { .. } => Actor::Store,
        }
    }

    /// Whether the store has begun to cook by then. Events arrive in any order, so that a later one tells it too.
    pub(super) fn offers(self) -> bool {
        matches!(
            self,
            Self::CookingStarted | Self::FoodReady { .. } | Self::OrderOnTheWay
        )
    }
}
