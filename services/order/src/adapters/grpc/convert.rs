//! Converts between the messages of the protocol and the types of the domain.

use crate::adapters::grpc::wire;
use crate::domain::{AwaitingOrder, OrderRequest, OrderRequestLine, Recipient};
use chrono::{DateTime, Utc};
use fdp_contracts::{OrderLine, OrderSnapshot, OrderState, composed};
use prost_types::Timestamp;

impl From<wire::PlaceRequest> for OrderRequest {
    fn from(request: wire::PlaceRequest) -> Self {
        Self {
            customer_id: request.customer_id.map(text),
            store_id: request.store_id.map(text),
            lines: request.lines.into_iter().map(OrderRequestLine::from).collect(),
            delivery_fee: None,
            deliver_to: request.deliver_to.map(Recipient::from),
            deliver_to_digest: None,
        }
    }
}

/// A text as it is read over HTTP, too.
fn text(given: impl AsRef<str>) -> String {
    composed(given.as_ref()).into_owned()
}

impl From<wire::Recipient> for Recipient {
    fn from(recipient: wire::Recipient) -> Self {
        let trimmed = |given: String| text(given.trim());
        Self {
            name: trimmed(recipient.name),
            address: trimmed(recipient.address),
            phone: trimmed(recipient.phone),
            note: recipient.note.map(trimmed).filter(|note| !note.is_empty()),
        }
    }
}

impl From<wire::Wish> for OrderRequestLine {
    fn from(line: wire::Wish) -> Self {
        Self {
            product_id: line.product_id.map(text),
            name: line.product_name.map(text),
            qty: line.qty,
            unit_price: line.unit_price,
        }
    }
}

impl From<&OrderSnapshot> for wire::Order {
    fn from(order: &OrderSnapshot) -> Self {
        Self {
            order_id: order.order_id.to_string(),
            customer_id: order.customer_id.clone(),
            store_id: order.store_id.clone(),
            lines: order.lines.iter().map(wire::Line::from).collect(),
            amount: order.amount,
            state: wire::State::from(order.state).into(),
            reason: order.reason.clone(),
            version: order.version,
            placed_at: Some(timestamp(order.placed_at)),
            changed_at: Some(timestamp(order.changed_at)),
        }
    }
}

impl wire::Order {
    /// What was given up before it was paid: cancelled, in a version that no event tells of.
    pub(super) fn given_up(awaiting: &AwaitingOrder) -> Self {
        Self {
            state: wire::State::Cancelled.into(),
            version: 0,
            ..awaiting.order().snapshot().into()
        }
    }
}

impl From<&OrderLine> for wire::Line {
    fn from(line: &OrderLine) -> Self {
        Self {
            product_id: line.product_id.clone(),
            product_name: line.product_name.clone(),
            qty: line.qty,
            unit_price: line.unit_price,
        }
    }
}

impl From<OrderState> for wire::State {
    fn from(state: OrderState) -> Self {
        match state {
            OrderState::Placed => Self::Placed,
            OrderState::Accepted => Self::Accepted,
            OrderState::Cooking => Self::Cooking,
            OrderState::OnTheWay => Self::OnTheWay,
            OrderState::Delivered => Self::Delivered,
            OrderState::Rejected => Self::Rejected,
            OrderState::Cancelled => Self::Cancelled,
        }
    }
}

fn timestamp(moment: DateTime<Utc>) -> Timestamp {
    Timestamp {
        seconds: moment.timestamp(),
        nanos: i32::try_from(moment.timestamp_subsec_nanos()).unwrap_or_default(),
    }
}
