//! The routes of tickets: one path for each command of the owner. A repeated command returns the ticket as it is.
//! Comments on handlers and bodies are published in the OpenAPI document.

use super::store_id::StoreId;
use crate::application::ports::{TicketFilter, TicketRepository};
use crate::application::tickets::Tickets;
use crate::domain::{Actor, Command, Ticket};
use axum::extract::State;
use chrono::{DateTime, Utc};
use fdp_contracts::{OrderId, OrderLine, TicketSnapshot, TicketState, check_text, optional_text};
use fdp_http::caller::Role;
use fdp_http::{Caller, Json, JsonObject, Path, Problem, Query, text};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};

/// A ticket as the owner sees it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct TicketBody {
    #[serde(flatten)]
    ticket: TicketSnapshot,
    /// What to cook.
    lines: Vec<OrderLine>,
    /// What was paid, in won.
    amount: u64,
    /// When the customer ordered.
    placed_at: DateTime<Utc>,
    /// When the owner was told; missing if the order had ended by then.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    notified_at: Option<DateTime<Utc>>,
    /// Until when the owner has to accept it; then it is rejected and paid back. Missing once that is settled. Later if the
    /// service is down meanwhile, which does not count.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    accept_until: Option<DateTime<Utc>>,
    /// When the rider got the food, once the owner said so.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    handed_over_at: Option<DateTime<Utc>>,
    /// When the order ended, if that was after the food was ready: nobody comes for it any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    order_ended_at: Option<DateTime<Utc>>,
    /// The commands that are possible now.
    #[schema(value_type = Vec<String>)]
    possible: &'static [&'static str],
}

impl From<Ticket> for TicketBody {
    fn from(ticket: Ticket) -> Self {
        Self {
            ticket: ticket.snapshot(),
            possible: ticket.possible(),
            lines: ticket.lines,
            amount: ticket.amount,
            placed_at: ticket.placed_at,
            notified_at: ticket.notified_at,
            accept_until: ticket.accept_until,
            handed_over_at: ticket.handed_over_at,
            order_ended_at: ticket.order_ended_at,
        }
    }
}

type TicketPath = Path<(StoreId, OrderId)>;
type TicketResponse = Result<Json<TicketBody>, Problem>;

/// The store's side of one order.
#[utoipa::path(get, operation_id = "ticket_find", path = "/stores/{storeId}/tickets/{orderId}", params(("storeId" = String, Path, max_length = 200), ("orderId" = OrderId, Path)), responses(
    (status = 200, description = "The ticket as it is now.", body = TicketBody),
    (status = 403, description = "The caller does not run this store."),
    (status = 404, description = "The store has no such ticket."),
))]
pub(super) async fn find(
    State(tickets): State<Tickets>,
    Path((StoreId(store_id), order_id)): TicketPath,
) -> TicketResponse {
    Ok(Json(tickets.ticket(&store_id, order_id).await?.into()))
}

/// Takes the order on.
#[utoipa::path(post, path = "/stores/{storeId}/tickets/{orderId}/accept", params(("storeId" = String, Path, max_length = 200), ("orderId" = OrderId, Path)), responses(
    (status = 200, description = "The ticket as it is now.", body = TicketBody),
    (status = 403, description = "The caller does not run this store."),
    (status = 404, description = "The store has no such ticket."),
    (status = 409, description = "The ticket's state contradicts it; the words say what is possible."),
))]
pub(super) async fn accept(
    State(tickets): State<Tickets>,
    caller: Caller,
    path: TicketPath,
) -> TicketResponse {
    command(&tickets, &caller, path, Command::Accept).await
}

/// Why an order is refused or given up.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Rejection {
    /// In words for the customer; must be there.
    #[serde(default, deserialize_with = "optional_text")]
    #[schema(schema_with = text::schema, required = true)]
    reason: Option<String>,
}

/// Refuses the order, or gives it up after it was accepted, until the food is ready: it is paid back.
#[utoipa::path(post, path = "/stores/{storeId}/tickets/{orderId}/reject", params(("storeId" = String, Path, max_length = 200), ("orderId" = OrderId, Path)), request_body = Rejection, responses(
    (status = 200, description = "The ticket as it is now.", body = TicketBody),
    (status = 403, description = "The caller does not run this store."),
    (status = 404, description = "The store has no such ticket."),
    (status = 409, description = "The ticket's state contradicts it; the words say what is possible."),
))]
pub(super) async fn reject(
    State(tickets): State<Tickets>,
    caller: Caller,
    path: TicketPath,
    JsonObject(body): JsonObject<Rejection>,
) -> TicketResponse {
    let reason = body
        .reason
        .ok_or_else(|| Problem::bad_request("reason is missing; say in a few words why, for the customer"))?;
    check_text("reason", &reason)?;
    command(&tickets, &caller, path, Command::Reject { reason }).await
}

/// Begins to cook.
#[utoipa::path(post, path = "/stores/{storeId}/tickets/{orderId}/start-cooking", params(("storeId" = String, Path, max_length = 200), ("orderId" = OrderId, Path)), responses(
    (status = 200, description = "The ticket as it is now.", body = TicketBody),
    (status = 403, description = "The caller does not run this store."),
    (status = 404, description = "The store has no such ticket."),
    (status = 409, description = "The ticket's state contradicts it; the words say what is possible."),
))]
pub(super) async fn start_cooking(
    State(tickets): State<Tickets>,
    caller: Caller,
    path: TicketPath,
) -> TicketResponse {
    command(&tickets, &caller, path, Command::StartCooking).await
}

/// Has the food ready: a rider may come for it.
#[utoipa::path(post, path = "/stores/{storeId}/tickets/{orderId}/finish-cooking", params(("storeId" = String, Path, max_length = 200), ("orderId" = OrderId, Path)), responses(
    (status = 200, description = "The ticket as it is now.", body = TicketBody),
    (status = 403, description = "The caller does not run this store."),
    (status = 404, description = "The store has no such ticket."),
    (status = 409, description = "The ticket's state contradicts it; the words say what is possible."),
))]
pub(super) async fn finish_cooking(
    State(tickets): State<Tickets>,
    caller: Caller,
    path: TicketPath,
) -> TicketResponse {
    command(&tickets, &caller, path, Command::FinishCooking).await
}

/// Notes that the rider got the food. That is the store's own note: whether the food may leave is between the rider
/// and the order.
#[utoipa::path(post, path = "/stores/{storeId}/tickets/{orderId}/hand-over", params(("storeId" = String, Path, max_length = 200), ("orderId" = OrderId, Path)), responses(
    (status = 200, description = "The ticket as it is now.", body = TicketBody),
    (status = 403, description = "The caller does not run this store."),
    (status = 404, description = "The store has no such ticket."),
    (status = 409, description = "The ticket's state contradicts it; the words say what is possible."),
))]
pub(super) async fn hand_over(
    State(tickets): State<Tickets>,
    caller: Caller,
    path: TicketPath,
) -> TicketResponse {
    command(&tickets, &caller, path, Command::HandOver).await
}

async fn command(
    tickets: &Tickets,
    caller: &Caller,
    Path((StoreId(store_id), order_id)): TicketPath,
    command: Command,
) -> TicketResponse {
    let by = actor(caller);
    let ticket = tickets.command(&by, &store_id, order_id, command).await?;
    Ok(Json(ticket.into()))
}

fn actor(caller: &Caller) -> Actor {
    let subject = caller.subject().map(str::to_owned);
    match caller {
        Caller::System => Actor::System,
        Caller::Person(person) if person.roles.contains(&Role::Admin) => Actor::Administrator(subject),
        Caller::Person(_) => Actor::Owner(subject),
    }
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Page {
    /// Those in this state.
    state: Option<TicketState>,
    /// Those of orders placed before this one.
    #[param(value_type = Option<String>)]
    before: Option<OrderId>,
    /// At most so many; 100 if left out, and never more than 500.
    limit: Option<u32>,
}

/// The store's newest tickets; the `orderId` of the last one is the next page's `before`.
#[utoipa::path(get, operation_id = "ticket_list", path = "/stores/{storeId}/tickets", params(("storeId" = String, Path, max_length = 200), Page), responses(
    (status = 200, description = "Newest first.", body = Vec<TicketBody>),
    (status = 403, description = "The caller does not run this store."),
))]
pub(super) async fn list(
    State(all): State<Arc<dyn TicketRepository>>,
    Path(StoreId(store_id)): Path<StoreId>,
    Query(page): Query<Page>,
) -> Result<Json<Vec<TicketBody>>, Problem> {
    let filter = TicketFilter {
        state: page.state,
        before: page.before,
    };
    let tickets = all.list(&store_id, &filter, text::page_size(page.limit)).await?;
    Ok(Json(tickets.into_iter().map(TicketBody::from).collect()))
}
