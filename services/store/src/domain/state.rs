//! The states of a ticket: their names, and the commands that each allows.

use fdp_contracts::TicketState;

/// The name of a state, as it is published and stored.
pub fn state_name(state: TicketState) -> &'static str {
    match state {
        TicketState::Received => "Received",
        TicketState::Accepted => "Accepted",
        TicketState::Rejected => "Rejected",
        TicketState::CookingStarted => "CookingStarted",
        TicketState::CookingFinished => "CookingFinished",
        TicketState::Cancelled => "Cancelled",
    }
}

/// The names of the commands that change a ticket in `state`.
pub(super) fn possible(state: TicketState) -> &'static [&'static str] {
    match state {
        TicketState::Received => &["accept", "reject"],
        TicketState::Accepted => &["start-cooking"],
        TicketState::CookingStarted => &["finish-cooking"],
        TicketState::CookingFinished => &["hand-over"],
        TicketState::Rejected | TicketState::Cancelled => &[],
    }
}
