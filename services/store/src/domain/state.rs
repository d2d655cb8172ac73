//! The commands that each state of a ticket allows.

use fdp_contracts::TicketState;

/// The names of the commands that change a ticket in `state`.
pub(super) fn possible(state: TicketState) -> &'static [&'static str] {
    match state {
        TicketState::Received => &["accept", "reject"],
        TicketState::Accepted => &["start-cooking", "reject"],
        TicketState::CookingStarted => &["finish-cooking", "reject"],
        TicketState::CookingFinished => &["hand-over"],
        TicketState::Rejected | TicketState::Cancelled => &[],
    }
}
