//! What delivery does when it hears of an order or of its ticket.

use crate::app::changed;
use crate::domain::{Delivery, News, Parcel};
use chrono::{DateTime, Utc};
use fdp_contracts::{Event, OrderSnapshot, OrderState, TicketSnapshot, TicketState};
use fdp_kit::inbox::Reaction;
use fdp_kit::ledger::Change;

/// Requests, readies, starts and cancels deliveries.
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
        orders.iter().any(|state| state.event_type() == kind)
            || kind == TicketState::CookingFinished.event_type()
    }

    fn react(
        &self,
        present: Option<&Delivery>,
        event: &Event,
        now: DateTime<Utc>,
    ) -> Option<Change<Delivery>> {
        let (parcel, news) = match event {
            Event::Order(order) => of_order(order),
            Event::Ticket(ticket) => of_ticket(ticket),
            _ => None,
        }?;
        let delivery = match present {
            None => Delivery::new(parcel, news, now),
            Some(present) => {
                let mut delivery = present.clone();
                delivery.hear(news, now);
                delivery
            }
        };
        changed(present, delivery)
    }
}

fn of_order(order: &OrderSnapshot) -> Option<(Parcel, News)> {
    let news = match order.state {
        OrderState::Placed => News::OrderPlaced,
        OrderState::OnTheWay => News::OrderOnTheWay,
        OrderState::Cancelled | OrderState::Rejected => News::OrderEnded,
        OrderState::Accepted | OrderState::Cooking | OrderState::Delivered => return None,
    };
    let parcel = Parcel {
        order_id: order.order_id,
        customer_id: order.customer_id.clone(),
        store_id: order.store_id.clone(),
    };
    Some((parcel, news))
}

fn of_ticket(ticket: &TicketSnapshot) -> Option<(Parcel, News)> {
    let parcel = Parcel {
        order_id: ticket.order_id,
        customer_id: ticket.customer_id.clone(),
        store_id: ticket.store_id.clone(),
    };
    (ticket.state == TicketState::CookingFinished).then_some((parcel, News::FoodReady))
}
