//! The mistakes that can be planted into a history.

/// A mistake that is planted to see whether it is found. Each is made in a simulated part, or between it and a
/// service; the services know nothing of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
pub enum Bug {
    /// The order that ended is not refunded.
    RefundForgotten,
    /// A void that comes before its payment leaves no note, so that the payment may still come.
    VoidLeavesNoNote,
    /// The inbox doesn't know what it has seen.
    InboxForgets,
    /// The relay publishes each batch from its end.
    RelayTurnsAround,
    /// The settler forgets the intent and has nothing voided.
    SettlerForgets,
    /// The rider leaves without waiting for the order's word.
    DepartsWithoutAsking,
    /// Offsets are noted before the effect.
    ReadBeforeDone,
    /// The relay forgets its batch, acknowledged or not.
    RelayForgetsUnacknowledged,
    /// Who is told by pay that its database does not answer takes it for a refusal.
    ErrorMeansRefused,
}
