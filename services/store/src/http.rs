//! Stores and tickets over HTTP: one path for each of the owner's commands.

use crate::app::{Store, TicketError, Tickets};
use crate::domain::{Command, Ticket, possible};
use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use chrono::{DateTime, Utc};
use fdp_contracts::{OrderId, OrderLine, TicketSnapshot, TicketState, optional_text};
use fdp_kit::http::{Path, Query};
use fdp_kit::{Json, Problem};
use http::StatusCode;
use serde::{Deserialize, Serialize};

const DEFAULT_LIMIT: u32 = 100;
const LARGEST_LIMIT: u32 = 500;

/// The service's routes.
pub fn routes(tickets: Tickets) -> Router {
    let ticket = Router::new()
        .route("/", get(find))
        .route("/accept", post(accept))
        .route("/reject", post(reject))
        .route("/start-cooking", post(start_cooking))
        .route("/finish-cooking", post(finish_cooking));
    Router::new()
        .route("/stores", get(stores).post(register))
        .route("/stores/{storeId}/tickets", get(list))
        .nest("/stores/{storeId}/tickets/{orderId}", ticket)
        .with_state(tickets)
}

/// A ticket as the owner sees it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct TicketBody {
    #[serde(flatten)]
    ticket: TicketSnapshot,
    lines: Vec<OrderLine>,
    amount: u64,
    placed_at: DateTime<Utc>,
    #[serde(skip_serializing_if = "Option::is_none")]
    notified_at: Option<DateTime<Utc>>,
    /// The commands that are possible now.
    possible: &'static [&'static str],
}

impl From<Ticket> for TicketBody {
    fn from(ticket: Ticket) -> Self {
        Self {
            ticket: ticket.snapshot(),
            lines: ticket.lines,
            amount: ticket.amount,
            placed_at: ticket.placed_at,
            notified_at: ticket.notified_at,
            possible: possible(ticket.state),
        }
    }
}

impl From<TicketError> for Problem {
    fn from(error: TicketError) -> Self {
        match error {
            TicketError::NotFound { .. } => Self::not_found(error.to_string()),
            TicketError::Refused(refusal) => Self::conflict("ticket-state", refusal.to_string()),
            TicketError::Database(error) => error.into(),
        }
    }
}

type Named = Path<(String, OrderId)>;
type Changed = Result<Json<TicketBody>, Problem>;

async fn find(State(tickets): State<Tickets>, Path((store_id, order_id)): Named) -> Changed {
    Ok(Json(tickets.ticket(&store_id, order_id).await?.into()))
}

async fn accept(State(tickets): State<Tickets>, named: Named) -> Changed {
    command(&tickets, named, Command::Accept).await
}

#[derive(Deserialize)]
struct Rejection {
    #[serde(default, deserialize_with = "optional_text")]
    reason: Option<String>,
}

async fn reject(State(tickets): State<Tickets>, named: Named, Json(body): Json<Rejection>) -> Changed {
    let reason = body
        .reason
        .ok_or_else(|| Problem::bad_request("reason is missing; say in a few words why, for the customer"))?;
    command(&tickets, named, Command::Reject { reason }).await
}

async fn start_cooking(State(tickets): State<Tickets>, named: Named) -> Changed {
    command(&tickets, named, Command::StartCooking).await
}

async fn finish_cooking(State(tickets): State<Tickets>, named: Named) -> Changed {
    command(&tickets, named, Command::FinishCooking).await
}

async fn command(tickets: &Tickets, Path((store_id, order_id)): Named, command: Command) -> Changed {
    Ok(Json(tickets.command(&store_id, order_id, command).await?.into()))
}

#[derive(Deserialize)]
struct Filter {
    state: Option<TicketState>,
    limit: Option<u32>,
}

async fn list(
    State(tickets): State<Tickets>,
    Path(store_id): Path<String>,
    Query(filter): Query<Filter>,
) -> Result<Json<Vec<TicketBody>>, Problem> {
    let limit = filter.limit.unwrap_or(DEFAULT_LIMIT).min(LARGEST_LIMIT);
    let tickets = tickets.tickets(&store_id, filter.state, limit).await?;
    Ok(Json(tickets.into_iter().map(TicketBody::from).collect()))
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct StoreBody {
    store_id: String,
    name: String,
}

impl From<Store> for StoreBody {
    fn from(Store { store_id, name }: Store) -> Self {
        Self { store_id, name }
    }
}

async fn stores(State(tickets): State<Tickets>) -> Result<Json<Vec<StoreBody>>, Problem> {
    let stores = tickets.stores().await?;
    Ok(Json(stores.into_iter().map(StoreBody::from).collect()))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RegisterStore {
    #[serde(default, deserialize_with = "optional_text")]
    store_id: Option<String>,
    #[serde(default, deserialize_with = "optional_text")]
    name: Option<String>,
}

async fn register(
    State(tickets): State<Tickets>,
    Json(body): Json<RegisterStore>,
) -> Result<Response, Problem> {
    let missing =
        |field| Problem::bad_request(format!("{field} is missing; give it as a string or a number"));
    let store = Store {
        store_id: body.store_id.ok_or_else(|| missing("storeId"))?,
        name: body.name.ok_or_else(|| missing("name"))?,
    };
    let new = tickets.register(&store).await?;
    let status = if new { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, Json(StoreBody::from(store))).into_response())
}
