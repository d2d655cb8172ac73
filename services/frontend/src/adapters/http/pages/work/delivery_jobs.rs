//! The deliveries on the page of a rider: what is on each, and what can be done with it.

use super::form::TypedReason;
use super::reason_form::ReasonForm;
use crate::adapters::http::pages::format::Moment;
use crate::adapters::http::pages::frame::Frame;
use crate::adapters::http::pages::tracking_page::number;
use crate::application::work::Delivery;
use crate::domain::menu;
use crate::domain::usual_reason::UsualReason;
use crate::domain::{OrderView, Recipient};
use fdp_contracts::{DeliveryState, OrderId, StoreSnapshot};

/// A delivery on the page.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) order_id: String,
    pub(super) number: String,
    /// Differs whenever the delivery looks different, so that a page that is open replaces it.
    pub(super) version: String,
    pub(super) state: &'static str,
    pub(super) icon: &'static str,
    pub(super) since: Moment,
    /// Where the food is picked up.
    pub(super) store: String,
    /// What is brought; empty if it is not shown.
    pub(super) lines: Vec<String>,
    /// Where it goes; `None` if that is not told.
    pub(super) recipient: Option<Recipient>,
    pub(super) next: Next,
    pub(super) give_back: Option<ReasonForm>,
}

/// What comes next.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// The rider's step: its command and its label.
    Step(&'static str, &'static str),
    /// The rider waits, for what these words say.
    Wait(&'static str),
    /// Nothing.
    Over,
}

/// What is known of a delivery beside it.
#[derive(Debug, Default)]
pub(super) struct Known<'a> {
    /// The stores, for their names and those of their dishes.
    pub(super) stores: &'a [StoreSnapshot],
    /// The order.
    pub(super) order: Option<OrderView>,
    /// Whom it goes to.
    pub(super) recipient: Option<Recipient>,
}

/// A form about one delivery that was sent, and whose reason has to be looked at again.
#[derive(Debug, Clone)]
pub(super) struct Sent {
    /// The order.
    pub(super) order_id: OrderId,
    /// What was typed.
    pub(super) typed: TypedReason,
}

impl Job {
    /// A delivery that is free to take.
    pub(super) fn offer(frame: &Frame, delivery: &Delivery, known: Known<'_>) -> Self {
        let text = frame.text.work;
        Self {
            next: Next::Step("assign", text.take_on),
            ..Self::new(frame, delivery, known)
        }
    }

    /// A delivery of the rider.
    pub(super) fn own(frame: &Frame, delivery: &Delivery, known: Known<'_>, sent: Option<&Sent>) -> Self {
        let text = frame.text.work;
        let next = match delivery.state {
            DeliveryState::Requested => Next::Wait(text.wait_for_store),
            DeliveryState::Ready => Next::Step("start", text.start),
            DeliveryState::Departing => Next::Wait(text.wait_for_order),
            DeliveryState::Started => Next::Step("deliver", text.deliver),
            DeliveryState::Delivered | DeliveryState::Cancelled => Next::Over,
        };
        let can_give_back = matches!(delivery.state, DeliveryState::Requested | DeliveryState::Ready);
        let sent = sent.filter(|sent| sent.order_id == delivery.order_id);
        Self {
            next,
            give_back: can_give_back.then(|| {
                let labels = [text.give_back, text.give_back_now, text.give_back_note];
                let typed = sent.map(|sent| &sent.typed);
                ReasonForm::new(text, "give-back", labels, &UsualReason::OF_RIDERS, typed)
            }),
            ..Self::new(frame, delivery, known)
        }
    }

    fn new(frame: &Frame, delivery: &Delivery, known: Known<'_>) -> Self {
        let order_id = delivery.order_id.to_string();
        let state = delivery.state;
        let told = u8::from(known.recipient.is_some()) + u8::from(known.order.is_some());
        let store = menu::store(known.stores, &delivery.store_id);
        Self {
            number: number(&order_id),
            order_id,
            version: format!(
                "{}-{}-{told}",
                state.name(),
                delivery.changed_at.timestamp_millis()
            ),
            state: frame.text.work.delivery_state(state),
            icon: icon(state),
            since: delivery.changed_at.into(),
            store: store.map_or_else(|| delivery.store_id.clone(), |store| store.name.clone()),
            lines: known
                .order
                .as_ref()
                .map(|order| lines(frame, order, known.stores))
                .unwrap_or_default(),
            recipient: known.recipient,
            next: Next::Over,
            give_back: None,
        }
    }
}

fn lines(frame: &Frame, order: &OrderView, stores: &[StoreSnapshot]) -> Vec<String> {
    let order = order.latest();
    let name = |line| menu::name_of(stores, &order.store_id, line, frame.language);
    order
        .lines
        .iter()
        .map(|line| format!("{} × {}", name(line), line.qty))
        .collect()
}

fn icon(state: DeliveryState) -> &'static str {
    match state {
        DeliveryState::Requested => "pot",
        DeliveryState::Ready | DeliveryState::Departing => "store",
        DeliveryState::Started => "scooter",
        DeliveryState::Delivered => "door",
        DeliveryState::Cancelled => "cross",
    }
}
