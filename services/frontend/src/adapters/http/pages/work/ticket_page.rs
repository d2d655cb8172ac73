//! The page of one order of a store: who did what with it, and when.

use super::board_tickets::{BoardLine, icon, lines};
use super::store_head::{StoreHead, Tab};
use super::worker::owner_of;
use crate::adapters::http::pages::format::Moment;
use crate::adapters::http::pages::frame::Frame;
use crate::adapters::http::pages::handlers::render;
use crate::adapters::http::pages::reason::Reason;
use crate::adapters::http::pages::tracking_page::number;
use crate::adapters::http::pages::visitor::Visitor;
use crate::application::work::{HistoryEntry, Workplace};
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use fdp_contracts::{OrderId, won};
use fdp_http::{Path, Problem};
use http::StatusCode;

/// The page at `/work/stores/{storeId}/orders/{orderId}`.
#[derive(Debug, Template)]
#[template(path = "work/ticket.html")]
struct TicketPage {
    frame: Frame,
    head: StoreHead,
    order_id: String,
    number: String,
    state: &'static str,
    icon: &'static str,
    lines: Vec<BoardLine>,
    amount: String,
    history: Vec<Happening>,
}

/// One thing that happened.
#[derive(Debug)]
struct Happening {
    at: Moment,
    what: String,
    who: String,
    reason: Option<String>,
}

/// Shows what happened to an order.
pub(super) async fn ticket(
    State(workplace): State<Workplace>,
    visitor: Visitor,
    Path((store_id, order_id)): Path<(String, String)>,
) -> Response {
    let page = show(&workplace, &visitor, &store_id, &order_id).await;
    page.unwrap_or_else(|problem| visitor.refuse(problem))
}

async fn show(
    workplace: &Workplace,
    visitor: &Visitor,
    store_id: &str,
    order_id: &str,
) -> Result<Response, Problem> {
    let no_such_order = || Problem::new(StatusCode::NOT_FOUND, "no-such-order", "there is no such order");
    let order_id: OrderId = order_id.parse().map_err(|_| no_such_order())?;
    let caller = owner_of(visitor, store_id)?;
    let store = workplace.stores.store(&caller, store_id).await?;
    let ticket = match workplace.tickets.ticket(&caller, store_id, order_id).await {
        Err(error) if error.is_not_found() => return Err(no_such_order()),
        ticket => ticket?,
    };
    let history = workplace.tickets.history(&caller, store_id, order_id).await?;
    let menus = workplace.view.stores_by_id(&[store_id.to_owned()]).await?;
    let frame = visitor.frame();
    let id = order_id.to_string();
    let page = TicketPage {
        number: number(&id),
        order_id: id,
        state: frame.text.work.ticket_state(ticket.state),
        icon: icon(ticket.state),
        lines: lines(&frame, store_id, &ticket, &menus),
        amount: won(ticket.amount),
        history: history.iter().map(|entry| happening(&frame, entry)).collect(),
        head: StoreHead::new(&store, Tab::Orders),
        frame,
    };
    Ok(render(visitor, StatusCode::OK, &page))
}

fn happening(frame: &Frame, entry: &HistoryEntry) -> Happening {
    let reason = entry.reason.as_deref();
    Happening {
        at: entry.at.into(),
        what: frame.text.work.what_happened(&entry.what),
        who: frame.text.work.who(&entry.by),
        reason: reason.map(|given| Reason::of(frame.text, given).words),
    }
}
