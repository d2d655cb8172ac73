//! The events of other services that change a delivery.

/// An event of the order or of its ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UpstreamEvent {
    /// The order was placed.
    OrderPlaced,
    /// The order allows the rider to leave; from now on it cannot be cancelled.
    OrderOnTheWay,
    /// The order was cancelled or rejected.
    OrderEnded,
    /// The store has cooked the food.
    FoodReady,
}
