//! Tickets, as the store service shows them to owners, and the commands that it takes.

use super::service_error::ServiceError;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use fdp_contracts::{OrderId, OrderLine, TicketState};
use fdp_http::Caller;
use serde::Deserialize;

/// A store's side of one order.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Ticket {
    /// The order.
    pub order_id: OrderId,
    /// Where the store is with it.
    pub state: TicketState,
    /// Why it was rejected or cancelled, if it was.
    #[serde(default)]
    pub reason: Option<String>,
    /// What to cook.
    pub lines: Vec<OrderLine>,
    /// What was paid, in won.
    pub amount: u64,
    /// When the customer ordered.
    pub placed_at: DateTime<Utc>,
    /// When it last changed.
    pub changed_at: DateTime<Utc>,
    /// Until when it has to be accepted; `None` once that is settled, and from a store service that does not tell.
    #[serde(default)]
    pub accept_until: Option<DateTime<Utc>>,
    /// When the rider got the food, once the owner said so.
    #[serde(default)]
    pub handed_over_at: Option<DateTime<Utc>>,
    /// When the order ended, if that was after the food was ready.
    #[serde(default)]
    pub order_ended_at: Option<DateTime<Utc>>,
    /// The names of the commands that are possible now.
    #[serde(default)]
    pub possible: Vec<String>,
}

impl Ticket {
    /// Whether this command is possible now.
    pub fn can(&self, command: &TicketCommand) -> bool {
        self.possible.iter().any(|name| name == command.name())
    }
}

/// One thing that happened to a ticket. Texts, because a later release of the store service may tell of others.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct HistoryEntry {
    /// When.
    pub at: DateTime<Utc>,
    /// The state that it entered, or what else happened.
    pub what: String,
    /// Who did it: a role and an id.
    pub by: String,
    /// Why, if somebody said so.
    #[serde(default)]
    pub reason: Option<String>,
}

/// A command of an owner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TicketCommand {
    /// Takes the order on.
    Accept,
    /// Refuses the order, or gives it up until the food is ready.
    Reject {
        /// Why, for the customer.
        reason: String,
    },
    /// Begins to cook.
    StartCooking,
    /// Has the food ready.
    FinishCooking,
    /// Has given the food to the rider.
    HandOver,
}

impl TicketCommand {
    /// Its name in the API of the store service, and in forms.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Accept => "accept",
            Self::Reject { .. } => "reject",
            Self::StartCooking => "start-cooking",
            Self::FinishCooking => "finish-cooking",
            Self::HandOver => "hand-over",
        }
    }
}

/// Which tickets of a store, the newest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TicketsPage {
    /// Those in this state.
    pub state: Option<TicketState>,
    /// Those of orders placed before this one.
    pub before: Option<OrderId>,
    /// At most so many.
    pub limit: u32,
}

/// The tickets of the store service.
#[async_trait]
pub trait TicketService: Send + Sync + 'static {
    /// Tickets of a store, the newest first.
    async fn tickets(
        &self,
        caller: &Caller,
        store_id: &str,
        page: TicketsPage,
    ) -> Result<Vec<Ticket>, ServiceError>;

    /// One ticket.
    async fn ticket(
        &self,
        caller: &Caller,
        store_id: &str,
        order_id: OrderId,
    ) -> Result<Ticket, ServiceError>;

    /// What happened to a ticket, the oldest first.
    async fn history(
        &self,
        caller: &Caller,
        store_id: &str,
        order_id: OrderId,
    ) -> Result<Vec<HistoryEntry>, ServiceError>;

    /// Executes a command. A repeated command changes nothing.
    async fn command(
        &self,
        caller: &Caller,
        store_id: &str,
        order_id: OrderId,
        command: &TicketCommand,
    ) -> Result<(), ServiceError>;
}
