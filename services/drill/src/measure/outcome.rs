//! What became of one order that was asked for.

use fdp_contracts::OrderId;

/// The answer to an order, or that there was none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    Accepted(OrderId),
    /// The HTTP status, and in words what was wrong.
    Refused(u16, String),
    /// Why there was no answer.
    Unanswered(String),
}
