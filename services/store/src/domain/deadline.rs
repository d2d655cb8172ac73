//! What becomes of a ticket that waits for its store for too long.

use super::actor::Actor;
use super::ticket::Ticket;
use chrono::{DateTime, Utc};
use fdp_contracts::TicketState;

/// The reason for the customer.
pub const NOT_ACCEPTED_IN_TIME: &str = "the store did not accept the order in time";

impl Ticket {
    /// Rejects the ticket, whose time to be accepted has passed; does nothing if it does not wait for that.
    pub fn expire(&mut self, now: DateTime<Utc>) {
        if self.state == TicketState::Received {
            let reason = Some(NOT_ACCEPTED_IN_TIME.to_owned());
            self.enter(TicketState::Rejected, reason, &Actor::Deadline, now);
        }
    }
}
