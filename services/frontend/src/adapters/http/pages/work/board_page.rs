//! The page with a store's orders as they come: what is on each, and the button for its next step.

use super::board_tickets::{self, BoardTicket, Sent};
use super::form::{self, Fields, TypedReason};
use super::message::{Message, Notice};
use super::reason_form::reason;
use super::store_head::{self, StoreHead, Tab};
use super::worker::owner_of;
use crate::adapters::http::pages::form_fields::FormFields;
use crate::adapters::http::pages::frame::Frame;
use crate::adapters::http::pages::handlers::render;
use crate::adapters::http::pages::visitor::Visitor;
use crate::application::work::{TicketCommand, TicketsPage, Workplace};
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use fdp_contracts::TicketState;
use fdp_http::{Caller, Path, Problem};
use futures::future::try_join_all;
use http::StatusCode;

/// The states of tickets that something is left to do with, and how many of each are shown. A store whose owner never says
/// that the rider has come has ever more of the last ones.
const SHOWN: [(TicketState, u32); 4] = [
    (TicketState::Received, 100),
    (TicketState::Accepted, 100),
    (TicketState::CookingStarted, 100),
    (TicketState::CookingFinished, 10),
];

/// The page at `/work/stores/{storeId}`.
#[derive(Debug, Template)]
#[template(path = "work/board.html")]
struct BoardPage {
    frame: Frame,
    head: StoreHead,
    notice: Option<&'static str>,
    /// How many orders wait to be accepted.
    new: usize,
    tickets: Vec<BoardTicket>,
}

/// Shows the orders of a store.
pub(super) async fn board(
    State(workplace): State<Workplace>,
    visitor: Visitor,
    Path(store_id): Path<String>,
) -> Response {
    let page = show(&workplace, &visitor, &store_id, None).await;
    page.unwrap_or_else(|problem| visitor.refuse(problem))
}

/// Gives a command about one order, and shows all of them.
pub(super) async fn change(
    State(workplace): State<Workplace>,
    visitor: Visitor,
    Path(store_id): Path<String>,
    FormFields(fields): FormFields,
) -> Response {
    let caller = match owner_of(&visitor, &store_id) {
        Ok(caller) => caller,
        Err(problem) => return visitor.refuse(problem),
    };
    let Err(notice) = carry_out(&workplace, &caller, &store_id, &fields).await else {
        return visitor.see_other(&store_head::path(&store_id));
    };
    let is_rejection = form::value(&fields, "command") == "reject";
    let sent = form::order_id(&fields).filter(|_| is_rejection);
    let sent = sent.map(|order_id| Sent {
        order_id,
        typed: TypedReason::of(&fields),
    });
    let page = show(&workplace, &visitor, &store_id, Some((notice, sent))).await;
    page.unwrap_or_else(|problem| visitor.refuse(problem))
}

/// Carries out what a form asks for.
async fn carry_out(
    workplace: &Workplace,
    caller: &Caller,
    store_id: &str,
    fields: &Fields,
) -> Result<(), Notice> {
    let unreadable = Notice::invalid(Message::Unreadable);
    let order_id = form::order_id(fields).ok_or(unreadable)?;
    let command = match form::value(fields, "command") {
        "accept" => TicketCommand::Accept,
        "start-cooking" => TicketCommand::StartCooking,
        "finish-cooking" => TicketCommand::FinishCooking,
        "hand-over" => TicketCommand::HandOver,
        "reject" => TicketCommand::Reject {
            reason: reason(fields)?,
        },
        _ => return Err(unreadable),
    };
    let tickets = &workplace.tickets;
    tickets
        .command(caller, store_id, order_id, &command)
        .await
        .map_err(|error| Notice::from(&error))?;
    tracing::info!(%order_id, store_id, command = command.name(), "changed from the owner's page");
    Ok(())
}

async fn show(
    workplace: &Workplace,
    visitor: &Visitor,
    store_id: &str,
    refused: Option<(Notice, Option<Sent>)>,
) -> Result<Response, Problem> {
    let caller = owner_of(visitor, store_id)?;
    let store = workplace.stores.store(&caller, store_id).await?;
    let lists = SHOWN.map(|(state, limit)| {
        let page = TicketsPage {
            state: Some(state),
            before: None,
            limit,
        };
        workplace.tickets.tickets(&caller, store_id, page)
    });
    let tickets = board_tickets::sorted(try_join_all(lists).await?.concat());
    let menus = workplace.view.stores_by_id(&[store_id.to_owned()]).await?;
    let head = StoreHead::new(&store, Tab::Orders);
    let frame = visitor.frame_at(&head.path);
    let (notice, sent) = refused.unzip();
    let sent = sent.flatten();
    let shown = tickets
        .iter()
        .map(|ticket| BoardTicket::new(&frame, store_id, ticket, &menus, sent.as_ref()));
    let page = BoardPage {
        tickets: shown.collect(),
        new: tickets
            .iter()
            .filter(|ticket| ticket.state == TicketState::Received)
            .count(),
        notice: notice.map(|notice| notice.text(visitor.language)),
        head,
        frame,
    };
    let status = notice.map_or(StatusCode::OK, |notice| notice.status);
    Ok(render(visitor, status, &page))
}
