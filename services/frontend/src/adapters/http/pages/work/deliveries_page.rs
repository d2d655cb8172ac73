//! The page of a rider: what waits for a rider, what he has taken on, and the button for the next step.

use super::delivery_jobs::{Job, Known, Next, Sent};
use super::form::{self, Fields, TypedReason};
use super::message::{Message, Notice};
use super::reason_form::reason;
use super::worker::{Rider, rider};
use crate::adapters::http::pages::form_fields::FormFields;
use crate::adapters::http::pages::frame::Frame;
use crate::adapters::http::pages::handlers::render;
use crate::adapters::http::pages::visitor::Visitor;
use crate::application::work::{Delivery, DeliveryCommand, Workplace};
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use fdp_contracts::{DeliveryState, StoreSnapshot};
use fdp_http::{Caller, Problem};
use futures::future::{join_all, try_join_all};
use http::StatusCode;
use std::collections::BTreeSet;
use std::time::Duration;
use tokio::time::timeout;

/// The address of the page.
const PATH: &str = "/work/deliveries";
/// The deliveries that are shown, and how many of each state: a rider sees of all of them his own, and of most those that are
/// free.
const SHOWN: [(DeliveryState, u32); 5] = [
    (DeliveryState::Started, 100),
    (DeliveryState::Departing, 100),
    (DeliveryState::Ready, 100),
    (DeliveryState::Requested, 100),
    (DeliveryState::Delivered, 5),
];
/// How long the page waits for whom an order goes to: the buttons work without it.
const RECIPIENT_TIMEOUT: Duration = Duration::from_millis(800);

/// The page at `/work/deliveries`.
#[derive(Debug, Template)]
#[template(path = "work/deliveries.html")]
struct DeliveriesPage {
    frame: Frame,
    notice: Option<&'static str>,
    own: Vec<Job>,
    offers: Vec<Job>,
    delivered: Vec<Job>,
}

/// Shows the deliveries that a rider sees.
pub(super) async fn deliveries(State(workplace): State<Workplace>, visitor: Visitor) -> Response {
    let page = show(&workplace, &visitor, None).await;
    page.unwrap_or_else(|problem| visitor.refuse(problem))
}

/// Gives a command about one delivery, and shows all of them.
pub(super) async fn change(
    State(workplace): State<Workplace>,
    visitor: Visitor,
    FormFields(fields): FormFields,
) -> Response {
    let caller = match rider(&visitor) {
        Ok(rider) => rider.caller,
        Err(problem) => return visitor.refuse(problem),
    };
    let Err(notice) = carry_out(&workplace, &caller, &fields).await else {
        return visitor.see_other(PATH);
    };
    let gives_back = form::value(&fields, "command") == "give-back";
    let sent = form::order_id(&fields).filter(|_| gives_back);
    let sent = sent.map(|order_id| Sent {
        order_id,
        typed: TypedReason::of(&fields),
    });
    let page = show(&workplace, &visitor, Some((notice, sent))).await;
    page.unwrap_or_else(|problem| visitor.refuse(problem))
}

/// Carries out what a form asks for.
async fn carry_out(workplace: &Workplace, caller: &Caller, fields: &Fields) -> Result<(), Notice> {
    let unreadable = Notice::invalid(Message::Unreadable);
    let order_id = form::order_id(fields).ok_or(unreadable)?;
    let command = match form::value(fields, "command") {
        "assign" => DeliveryCommand::Assign,
        "start" => DeliveryCommand::Start,
        "deliver" => DeliveryCommand::Deliver,
        "give-back" => DeliveryCommand::GiveBack {
            reason: reason(fields)?,
        },
        _ => return Err(unreadable),
    };
    let deliveries = &workplace.deliveries;
    deliveries
        .command(caller, order_id, &command)
        .await
        .map_err(|error| Notice::from(&error))?;
    tracing::info!(%order_id, command = command.name(), "changed from the rider's page");
    Ok(())
}

async fn show(
    workplace: &Workplace,
    visitor: &Visitor,
    refused: Option<(Notice, Option<Sent>)>,
) -> Result<Response, Problem> {
    let rider = rider(visitor)?;
    let lists = SHOWN.map(|(state, limit)| workplace.deliveries.deliveries(&rider.caller, state, limit));
    let seen = try_join_all(lists).await?.concat();
    let store_ids: BTreeSet<&String> = seen.iter().map(|delivery| &delivery.store_id).collect();
    let store_ids: Vec<String> = store_ids.into_iter().cloned().collect();
    let stores = workplace.view.stores_by_id(&store_ids).await?;
    let known = || Known {
        stores: &stores,
        ..Known::default()
    };
    let (free, own): (Vec<_>, Vec<_>) = seen.iter().partition(|delivery| delivery.is_free());
    let own = own
        .into_iter()
        .filter(|delivery| delivery.rider_id.as_ref() == Some(&rider.id));
    let (over, own): (Vec<_>, Vec<_>) = own.partition(|delivery| delivery.has_ended());
    let frame = visitor.frame_at(PATH);
    let (notice, sent) = refused.unzip();
    let sent = sent.flatten();
    let details = own
        .iter()
        .map(|delivery| details(workplace, &rider, delivery, &stores));
    let details = join_all(details).await;
    let page = DeliveriesPage {
        notice: notice.map(|notice| notice.text(visitor.language)),
        own: own
            .iter()
            .zip(details)
            .map(|(delivery, known)| Job::own(&frame, delivery, known, sent.as_ref()))
            .collect(),
        offers: free
            .iter()
            .map(|delivery| Job::offer(&frame, delivery, known()))
            .collect(),
        delivered: over
            .iter()
            .map(|delivery| Job::own(&frame, delivery, known(), None))
            .collect(),
        frame,
    };
    let status = notice.map_or(StatusCode::OK, |notice| notice.status);
    Ok(render(visitor, status, &page))
}

/// What a rider has to know of a delivery beside its state. What cannot be had is left out: the buttons work without it.
async fn details<'a>(
    workplace: &Workplace,
    rider: &Rider,
    delivery: &Delivery,
    stores: &'a [StoreSnapshot],
) -> Known<'a> {
    let order_id = delivery.order_id;
    let (order, recipient) = futures::join!(
        workplace.view.order(order_id),
        timeout(
            RECIPIENT_TIMEOUT,
            workplace.recipients.recipient(&rider.caller, order_id)
        ),
    );
    Known {
        stores,
        order: order
            .inspect_err(|error| tracing::warn!(%error, %order_id, "the view of an order cannot be read"))
            .unwrap_or_default(),
        recipient: match recipient {
            Ok(Ok(recipient)) => recipient,
            Ok(Err(error)) => {
                tracing::warn!(%error, %order_id, "nobody says whom an order goes to");
                None
            }
            Err(_) => None,
        },
    }
}
