//! The bugs that can be planted into a history.

/// A bug that is planted to test whether the simulation finds it. Each is in a simulated part, or between it and a
/// service; the services' code is unchanged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
pub enum Bug {
    /// The refund of an ended order is omitted.
    RefundForgotten,
    /// A void that arrives before its payment stores no marker, so that the payment may still be made.
    VoidLeavesNoNote,
    /// The inbox does not remember handled events.
    InboxForgets,
    /// The relay publishes each batch in reverse order.
    RelayTurnsAround,
    /// Nobody looks for what its store or its rider has kept waiting for too long.
    DeadlinesForgotten,
    /// The settler deletes the intent without voiding the payment.
    SettlerForgets,
    /// The rider leaves without waiting for the order's confirmation.
    DepartsWithoutAsking,
    /// Offsets are committed before the effect.
    ReadBeforeDone,
    /// The relay deletes its batch whether it was acknowledged or not.
    RelayForgetsUnacknowledged,
    /// A client takes pay's response that its database is unavailable for a rejection.
    ErrorMeansRefused,
}
