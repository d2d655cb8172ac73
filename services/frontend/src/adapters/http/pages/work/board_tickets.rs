//! The tickets on a store's board: in which order they stand, and what can be done with each.

use super::form::TypedReason;
use super::reason_form::ReasonForm;
use super::text::WorkText;
use crate::adapters::http::pages::format::Moment;
use crate::adapters::http::pages::frame::Frame;
use crate::adapters::http::pages::tracking_page::number;
use crate::application::work::Ticket;
use crate::domain::menu;
use crate::domain::usual_reason::UsualReason;
use chrono::{DateTime, Utc};
use fdp_contracts::{OrderId, StoreSnapshot, TicketState, won};
use std::cmp::Reverse;

/// A ticket on the board.
#[derive(Debug)]
pub(super) struct BoardTicket {
    pub(super) order_id: String,
    pub(super) number: String,
    /// Differs whenever the ticket looks different, so that a page that is open replaces it.
    pub(super) version: String,
    pub(super) state: &'static str,
    pub(super) icon: &'static str,
    pub(super) is_new: bool,
    pub(super) placed_at: Moment,
    pub(super) accept_until: Option<Moment>,
    pub(super) lines: Vec<BoardLine>,
    pub(super) amount: String,
    /// The command of the next step and its label, if there is one.
    pub(super) next: Option<(&'static str, &'static str)>,
    pub(super) rejection: Option<ReasonForm>,
}

/// A line of an order.
#[derive(Debug)]
pub(super) struct BoardLine {
    pub(super) qty: u32,
    pub(super) name: String,
}

/// A form about one ticket that was sent, and whose reason has to be looked at again.
#[derive(Debug, Clone)]
pub(super) struct Sent {
    /// The order.
    pub(super) order_id: OrderId,
    /// What was typed.
    pub(super) typed: TypedReason,
}

/// The tickets with something left to do: new ones on top, then by how far they are; the newest first among each.
pub(super) fn sorted(mut tickets: Vec<Ticket>) -> Vec<Ticket> {
    tickets.retain(|ticket| !ticket.possible.is_empty());
    tickets.sort_by_key(|ticket| (stage(ticket.state), Reverse((ticket.placed_at, ticket.order_id))));
    tickets
}

fn stage(state: TicketState) -> u8 {
    match state {
        TicketState::Received => 0,
        TicketState::Accepted => 1,
        TicketState::CookingStarted => 2,
        _ => 3,
    }
}

/// The lines of an order in the reader's language.
pub(super) fn lines(
    frame: &Frame,
    store_id: &str,
    ticket: &Ticket,
    stores: &[StoreSnapshot],
) -> Vec<BoardLine> {
    let line = |line| menu::name_of(stores, store_id, line, frame.language).to_owned();
    ticket
        .lines
        .iter()
        .map(|given| BoardLine {
            qty: given.qty,
            name: line(given),
        })
        .collect()
}

/// The icon of a ticket.
pub(super) fn icon(state: TicketState) -> &'static str {
    match state {
        TicketState::Received => "receipt",
        TicketState::Accepted => "store",
        TicketState::CookingStarted => "pot",
        TicketState::CookingFinished => "check",
        TicketState::Rejected | TicketState::Cancelled => "cross",
    }
}

impl BoardTicket {
    /// A ticket of the store `store_id`, whose menu is one of `stores`; `sent` is the form about it.
    pub(super) fn new(
        frame: &Frame,
        store_id: &str,
        ticket: &Ticket,
        stores: &[StoreSnapshot],
        sent: Option<&Sent>,
    ) -> Self {
        let text = frame.text.work;
        let order_id = ticket.order_id.to_string();
        let step = |command: &'static str| Some((command, text.next_step(command)?));
        let commands = ["accept", "start-cooking", "finish-cooking", "hand-over"];
        let can = |command: &str| ticket.possible.iter().any(|possible| possible == command);
        let next = commands.into_iter().find(|command| can(command)).and_then(step);
        let sent = sent.filter(|sent| sent.order_id == ticket.order_id);
        Self {
            number: number(&order_id),
            order_id,
            version: version(ticket),
            state: text.ticket_state(ticket.state),
            icon: icon(ticket.state),
            is_new: ticket.state == TicketState::Received,
            placed_at: ticket.placed_at.into(),
            accept_until: ticket.accept_until.map(Moment::from),
            lines: lines(frame, store_id, ticket, stores),
            amount: won(ticket.amount),
            next,
            rejection: can("reject").then(|| rejection(text, ticket.state, sent)),
        }
    }
}

fn version(ticket: &Ticket) -> String {
    let at = |moment: Option<DateTime<Utc>>| moment.unwrap_or_default().timestamp_millis();
    let latest = at(Some(ticket.changed_at))
        .max(at(ticket.handed_over_at))
        .max(at(ticket.order_ended_at));
    format!("{}-{latest}", ticket.state.name())
}

fn rejection(text: &WorkText, state: TicketState, sent: Option<&Sent>) -> ReasonForm {
    let labels = if state == TicketState::Received {
        [text.refuse, text.refuse_now, text.refund_note]
    } else {
        [text.give_up, text.give_up_now, text.refund_note]
    };
    let typed = sent.map(|sent| &sent.typed);
    ReasonForm::new(text, "reject", labels, &UsualReason::OF_STORES, typed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Language;
    use chrono::TimeDelta;

    fn ticket(state: TicketState, possible: &[&str], seconds: i64) -> Ticket {
        let placed_at = DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds);
        Ticket {
            order_id: OrderId::new(),
            state,
            reason: None,
            lines: Vec::new(),
            amount: 18_000,
            placed_at,
            changed_at: placed_at,
            accept_until: None,
            handed_over_at: None,
            order_ended_at: None,
            possible: possible.iter().map(|name| (*name).to_owned()).collect(),
        }
    }

    #[test]
    fn new_orders_stand_on_top_and_those_that_are_done_with_are_left_out() {
        let tickets = vec![
            ticket(TicketState::CookingFinished, &[], 9),
            ticket(TicketState::CookingStarted, &["finish-cooking", "reject"], 8),
            ticket(TicketState::Received, &["accept", "reject"], 1),
            ticket(TicketState::CookingFinished, &["hand-over"], 7),
            ticket(TicketState::Received, &["accept", "reject"], 2),
            ticket(TicketState::Accepted, &["start-cooking", "reject"], 3),
        ];
        let order: Vec<_> = sorted(tickets)
            .iter()
            .map(|ticket| ticket.placed_at.timestamp())
            .collect();
        assert_eq!(order, [2, 1, 3, 8, 7]);
    }

    #[test]
    fn a_ticket_offers_what_its_store_says_is_possible() {
        let frame = Frame::new(Language::English, "/work/stores/1");
        for (state, possible, next, rejects) in [
            (
                TicketState::Received,
                &["accept", "reject"][..],
                Some("accept"),
                true,
            ),
            (
                TicketState::CookingFinished,
                &["hand-over"],
                Some("hand-over"),
                false,
            ),
            (TicketState::CookingFinished, &["fly"], None, false),
        ] {
            let shown = BoardTicket::new(&frame, "1", &ticket(state, possible, 0), &[], None);
            assert_eq!(shown.next.map(|(command, _)| command), next, "{possible:?}");
            assert_eq!(shown.rejection.is_some(), rejects, "{possible:?}");
        }
    }
}
