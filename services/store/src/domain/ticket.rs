//! The ticket of one order: how commands and the end of the order change it.

use super::actor::Actor;
use super::command::{Command, CommandError, next};
use super::history::{HistoryEntry, what};
use super::state::possible;
use chrono::{DateTime, Utc};
use fdp_contracts::{OrderId, OrderLine, OrderSnapshot, TicketSnapshot, TicketState};

/// The store's side of one order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ticket {
    /// The order.
    pub order_id: OrderId,
    /// The store that cooks.
    pub store_id: String,
    /// Who ordered.
    pub customer_id: String,
    /// What to cook.
    pub lines: Vec<OrderLine>,
    /// What was paid, in won.
    pub amount: u64,
    /// Its state.
    pub state: TicketState,
    /// Why it was rejected or cancelled, if it was.
    pub reason: Option<String>,
    /// When the owner was notified of the order; `None` if the order had ended by then.
    pub notified_at: Option<DateTime<Utc>>,
    /// Until when the store has to accept it, if the service stays up until then; `None` once that is settled, and in a ticket
    /// that is not stored yet.
    pub accept_until: Option<DateTime<Utc>>,
    /// When the owner handed the food over to the rider. Never published: for other services the store is done when the
    /// food is ready.
    pub handed_over_at: Option<DateTime<Utc>>,
    /// When the order ended, if that was after the food was ready: no rider comes for it any more.
    pub order_ended_at: Option<DateTime<Utc>>,
    /// For how many minutes the food may wait for its rider, by the settings of the store at the moment; `None` in a ticket
    /// that is not stored yet, and in one of a store that is not registered.
    pub pick_up_within_minutes: Option<u32>,
    /// When the customer ordered.
    pub placed_at: DateTime<Utc>,
    /// When its state last changed.
    pub changed_at: DateTime<Utc>,
    /// What has happened since it was read: its history grows by this when it is stored.
    pub happened: Vec<HistoryEntry>,
}

impl Ticket {
    /// The ticket of a new order; the owner is notified of it.
    pub fn received(order: &OrderSnapshot, now: DateTime<Utc>) -> Self {
        let mut ticket = Self {
            notified_at: Some(now),
            ..Self::unrecorded(order, now)
        };
        ticket.enter(TicketState::Received, None, &Actor::Order, now);
        ticket
    }

    /// The ticket of an order that had ended before the store received it: it must not be cooked.
    pub fn cancelled(order: &OrderSnapshot, now: DateTime<Utc>) -> Self {
        let mut ticket = Self::unrecorded(order, now);
        ticket.enter(TicketState::Cancelled, order.reason.clone(), &Actor::Order, now);
        ticket
    }

    fn unrecorded(order: &OrderSnapshot, now: DateTime<Utc>) -> Self {
        Self {
            order_id: order.order_id,
            store_id: order.store_id.clone(),
            customer_id: order.customer_id.clone(),
            lines: order.lines.clone(),
            amount: order.amount,
            state: TicketState::Received,
            reason: None,
            notified_at: None,
            accept_until: None,
            handed_over_at: None,
            order_ended_at: None,
            pick_up_within_minutes: None,
            placed_at: order.placed_at,
            changed_at: now,
            happened: Vec::new(),
        }
    }

    /// The names of the commands that change the ticket now.
    pub fn possible(&self) -> &'static [&'static str] {
        if self.handed_over_at.is_some() || self.order_ended_at.is_some() {
            return &[];
        }
        possible(self.state)
    }

    /// Executes a command of the store's side, which `by` gives. A repeated command changes nothing.
    ///
    /// # Errors
    /// When the state of the ticket does not allow it; the ticket is unchanged then.
    pub fn execute(&mut self, by: &Actor, command: &Command, now: DateTime<Utc>) -> Result<(), CommandError> {
        use TicketState::{Accepted, CookingFinished, CookingStarted, Received, Rejected};
        match (command, self.state) {
            (Command::Accept, Received) => self.enter(Accepted, None, by, now),
            (Command::Reject { reason }, Received | Accepted | CookingStarted) => {
                self.enter(Rejected, Some(reason.clone()), by, now);
            }
            (Command::StartCooking, Accepted) => self.enter(CookingStarted, None, by, now),
            (Command::FinishCooking, CookingStarted) => self.enter(CookingFinished, None, by, now),
            (Command::HandOver, CookingFinished) if self.handed_over_at.is_some() => {}
            (Command::HandOver, CookingFinished) if self.order_ended_at.is_none() => {
                self.handed_over_at = Some(now);
                self.record(now, what::HANDED_OVER, by, None);
            }
            (Command::Accept, Accepted | CookingStarted | CookingFinished)
            | (Command::StartCooking, CookingStarted | CookingFinished)
            | (Command::FinishCooking, CookingFinished)
            | (Command::Reject { .. }, Rejected) => {}
            (_, state) => {
                return Err(CommandError {
                    order_id: self.order_id,
                    state,
                    command: command.name(),
                    possible: self.possible(),
                });
            }
        }
        Ok(())
    }

    pub(super) fn enter(
        &mut self,
        state: TicketState,
        reason: Option<String>,
        by: &Actor,
        now: DateTime<Utc>,
    ) {
        self.record(now, state.name(), by, reason.as_deref());
        self.state = state;
        self.accept_until = None;
        self.reason = reason;
        self.changed_at = now;
    }

    /// Cancels an active ticket because its order has ended. If the food is ready, the state stays the same, and the
    /// ticket records that no rider comes for it.
    pub fn cancel(&mut self, reason: Option<String>, now: DateTime<Utc>) {
        if next(self.state).is_some() {
            self.enter(TicketState::Cancelled, reason, &Actor::Order, now);
        } else if self.state == TicketState::CookingFinished && self.order_ended_at.is_none() {
            self.order_ended_at = Some(now);
            self.record(now, what::ORDER_ENDED, &Actor::Order, reason.as_deref());
        }
    }

    /// Adds an entry to the history.
    pub(super) fn record(&mut self, at: DateTime<Utc>, what: &str, by: &Actor, reason: Option<&str>) {
        self.happened.push(HistoryEntry {
            at,
            what: what.to_owned(),
            by: by.to_string(),
            reason: reason.map(str::to_owned),
        });
    }

    /// The ticket as it is published.
    pub fn snapshot(&self) -> TicketSnapshot {
        TicketSnapshot {
            order_id: self.order_id,
            store_id: self.store_id.clone(),
            customer_id: self.customer_id.clone(),
            state: self.state,
            reason: self.reason.clone(),
            pick_up_within_minutes: self.pick_up_within_minutes,
            changed_at: self.changed_at,
        }
    }
}
