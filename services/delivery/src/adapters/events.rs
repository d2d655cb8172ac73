//! Consumes the events of orders and tickets, and passes them to the use case that changes the delivery.

use crate::application::upstream_events;
use crate::domain::{Delivery, Parcel, USUAL_PICK_UP_WITHIN_MINUTES, UpstreamEvent};
use chrono::{DateTime, Utc};
use fdp_contracts::{Event, OrderSnapshot, OrderState, TicketSnapshot, TicketState};
use fdp_storage::inbox::Reaction;
use fdp_storage::ledger::Change;

/// The handler of order and ticket events.
#[derive(Debug, Clone, Copy)]
pub struct OrderAndTicketEvents;

impl Reaction for OrderAndTicketEvents {
    type Aggregate = Delivery;

    fn concerns(&self, kind: &str) -> bool {
        let orders = [
            OrderState::Placed,
            OrderState::OnTheWay,
            OrderState::Cancelled,
            OrderState::Rejected,
        ];
        let tickets = [TicketState::CookingStarted, TicketState::CookingFinished];
        OrderState::announces_any(kind, &orders) || TicketState::announces_any(kind, &tickets)
    }

    fn react(
        &self,
        present: Option<&Delivery>,
        event: &Event,
        now: DateTime<Utc>,
    ) -> Option<Change<Delivery>> {
        let (parcel, event) = match event {
            Event::Order(order) => of_order(order),
            Event::Ticket(ticket) => of_ticket(ticket),
            _ => None,
        }?;
        upstream_events::apply(present, parcel, event, now)
    }
}

fn of_order(order: &OrderSnapshot) -> Option<(Parcel, UpstreamEvent)> {
    let event = match order.state {
        OrderState::Placed => UpstreamEvent::OrderPlaced,
        OrderState::OnTheWay => UpstreamEvent::OrderOnTheWay,
        OrderState::Cancelled | OrderState::Rejected => UpstreamEvent::OrderEnded,
        OrderState::Accepted | OrderState::Cooking | OrderState::Delivered => return None,
    };
    let parcel = Parcel {
        order_id: order.order_id,
        customer_id: order.customer_id.clone(),
        store_id: order.store_id.clone(),
    };
    Some((parcel, event))
}

fn of_ticket(ticket: &TicketSnapshot) -> Option<(Parcel, UpstreamEvent)> {
    let event = match ticket.state {
        TicketState::CookingStarted => UpstreamEvent::CookingStarted,
        TicketState::CookingFinished => UpstreamEvent::FoodReady {
            pick_up_within_minutes: ticket
                .pick_up_within_minutes
                .unwrap_or(USUAL_PICK_UP_WITHIN_MINUTES),
        },
        TicketState::Received | TicketState::Accepted | TicketState::Rejected | TicketState::Cancelled => {
            return None;
        }
    };
    let parcel = Parcel {
        order_id: ticket.order_id,
        customer_id: ticket.customer_id.clone(),
        store_id: ticket.store_id.clone(),
    };
    Some((parcel, event))
}
