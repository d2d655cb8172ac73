//! The page with all orders of a store, a page of a list at a time.

use super::board_tickets::{icon, lines};
use super::store_head::{StoreHead, Tab};
use super::worker::owner_of;
use crate::adapters::http::pages::format::Moment;
use crate::adapters::http::pages::frame::Frame;
use crate::adapters::http::pages::handlers::render;
use crate::adapters::http::pages::tracking_page::number;
use crate::adapters::http::pages::visitor::Visitor;
use crate::application::work::{Ticket, TicketsPage, Workplace};
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use fdp_contracts::{OrderId, StoreSnapshot, won};
use fdp_http::{Path, Problem, Query};
use http::StatusCode;
use serde::Deserialize;

/// How many orders a page of the list holds.
const PAGE: u32 = 30;

/// The page at `/work/stores/{storeId}/orders`.
#[derive(Debug, Template)]
#[template(path = "work/past.html")]
struct PastPage {
    frame: Frame,
    head: StoreHead,
    tickets: Vec<PastTicket>,
    /// The last order of this page, if there may be older ones.
    last: Option<String>,
}

/// A ticket on the list.
#[derive(Debug)]
struct PastTicket {
    order_id: String,
    number: String,
    state: &'static str,
    icon: &'static str,
    placed_at: Moment,
    summary: String,
    amount: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Before {
    /// Only orders placed before this one.
    before: Option<OrderId>,
}

/// Shows the orders of a store, the newest first.
pub(super) async fn past(
    State(workplace): State<Workplace>,
    visitor: Visitor,
    Path(store_id): Path<String>,
    Query(Before { before }): Query<Before>,
) -> Response {
    let page = show(&workplace, &visitor, &store_id, before).await;
    page.unwrap_or_else(|problem| visitor.refuse(problem))
}

async fn show(
    workplace: &Workplace,
    visitor: &Visitor,
    store_id: &str,
    before: Option<OrderId>,
) -> Result<Response, Problem> {
    let caller = owner_of(visitor, store_id)?;
    let store = workplace.stores.store(&caller, store_id).await?;
    let page = TicketsPage {
        state: None,
        before,
        limit: PAGE,
    };
    let tickets = workplace.tickets.tickets(&caller, store_id, page).await?;
    let menus = workplace.view.stores_by_id(&[store_id.to_owned()]).await?;
    let frame = visitor.frame();
    let is_full = tickets.len() >= PAGE as usize;
    let last = tickets.last().filter(|_| is_full);
    let page = PastPage {
        last: last.map(|ticket| ticket.order_id.to_string()),
        tickets: tickets
            .iter()
            .map(|ticket| entry(&frame, store_id, ticket, &menus))
            .collect(),
        head: StoreHead::new(&store, Tab::Orders),
        frame,
    };
    Ok(render(visitor, StatusCode::OK, &page))
}

fn entry(frame: &Frame, store_id: &str, ticket: &Ticket, menus: &[StoreSnapshot]) -> PastTicket {
    let order_id = ticket.order_id.to_string();
    let text = frame.text.work;
    let state = if ticket.handed_over_at.is_some() {
        text.handed_over
    } else {
        text.ticket_state(ticket.state)
    };
    let lines = lines(frame, store_id, ticket, menus).into_iter();
    let lines = lines.map(|line| format!("{} × {}", line.name, line.qty));
    PastTicket {
        number: number(&order_id),
        order_id,
        state,
        icon: icon(ticket.state),
        placed_at: ticket.placed_at.into(),
        summary: lines.collect::<Vec<_>>().join(", "),
        amount: won(ticket.amount),
    }
}
