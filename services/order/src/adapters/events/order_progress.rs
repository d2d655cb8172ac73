//! Consumes the events of stores, riders and the inventory that advance an order.

use crate::application;
use crate::domain::{Order, Progress};
use chrono::{DateTime, Utc};
use fdp_contracts::{DeliverySnapshot, DeliveryState, Event, StockOutcome, TicketState};
use fdp_storage::inbox::Reaction;
use fdp_storage::ledger::Change;

const TICKETS: [TicketState; 4] = [
    TicketState::Accepted,
    TicketState::CookingStarted,
    TicketState::CookingFinished,
    TicketState::Rejected,
];
const DELIVERIES: [DeliveryState; 3] = [
    DeliveryState::Departing,
    DeliveryState::Started,
    DeliveryState::Delivered,
];
const STOCK_MOVEMENTS: [StockOutcome; 2] = [StockOutcome::Taken, StockOutcome::Short];

/// Advances orders by the events of tickets, deliveries and stock movements.
#[derive(Debug, Clone, Copy)]
pub struct OrderProgressEvents;

impl Reaction for OrderProgressEvents {
    type Aggregate = Order;

    fn concerns(&self, kind: &str) -> bool {
        TicketState::announces_any(kind, &TICKETS)
            || DeliveryState::announces_any(kind, &DELIVERIES)
            || kind == DeliverySnapshot::RIDER_CHANGED
            || StockOutcome::announces_any(kind, &STOCK_MOVEMENTS)
    }

    fn react(&self, present: Option<&Order>, event: &Event, now: DateTime<Utc>) -> Option<Change<Order>> {
        application::advance(present, &progress(event)?, now)
    }
}

/// The progress that an event reports; `None` if it reports none.
fn progress(event: &Event) -> Option<Progress> {
    match event {
        Event::Ticket(ticket) => match ticket.state {
            TicketState::Accepted => Some(Progress::Accepted),
            TicketState::CookingStarted | TicketState::CookingFinished => Some(Progress::Cooking),
            TicketState::Rejected => Some(rejected(ticket.reason.as_deref(), "the store cannot take it")),
            _ => None,
        },
        Event::Delivery(delivery) => match delivery.state {
            DeliveryState::Departing => Some(Progress::Departing),
            DeliveryState::Started => Some(Progress::OnTheWay),
            DeliveryState::Delivered => Some(Progress::Delivered),
            _ => None,
        },
        Event::RiderChanged(delivery) => Some(Progress::RiderChanged(delivery.rider_id.clone())),
        Event::Stock(movement) => match movement.outcome {
            StockOutcome::Taken => Some(Progress::StockTaken),
            StockOutcome::Short => Some(rejected(
                movement.reason.as_deref(),
                "something on it is sold out",
            )),
            StockOutcome::Returned => None,
        },
        _ => None,
    }
}

fn rejected(reason: Option<&str>, default: &str) -> Progress {
    Progress::Rejected(reason.unwrap_or(default).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::fixtures::price_list;
    use crate::domain::{OrderRequest, OrderRequestLine};
    use fdp_contracts::{DeliveryId, OrderId, OrderState, StockMovement, TicketSnapshot};

    fn order() -> Order {
        let line = OrderRequestLine {
            product_id: Some("1001".into()),
            ..OrderRequestLine::default()
        };
        let request = OrderRequest {
            lines: vec![line],
            ..OrderRequest::default()
        };
        Order::place(
            OrderId::new(),
            request.into_basket(&price_list()).unwrap(),
            Utc::now(),
        )
    }

    fn ticket(state: TicketState, reason: Option<&str>) -> Event {
        Event::Ticket(TicketSnapshot {
            order_id: OrderId::new(),
            store_id: "1".into(),
            customer_id: "100".into(),
            state,
            reason: reason.map(str::to_owned),
            pick_up_within_minutes: None,
            changed_at: Utc::now(),
        })
    }

    fn delivered_by(rider_id: Option<&str>, state: DeliveryState) -> DeliverySnapshot {
        DeliverySnapshot {
            delivery_id: DeliveryId::new(),
            order_id: OrderId::new(),
            customer_id: "100".into(),
            store_id: "1".into(),
            state,
            rider_id: rider_id.map(str::to_owned),
            changed_at: Utc::now(),
        }
    }

    fn delivery(state: DeliveryState) -> Event {
        Event::Delivery(delivered_by(None, state))
    }

    fn rider(rider_id: Option<&str>) -> Event {
        Event::RiderChanged(delivered_by(rider_id, DeliveryState::Ready))
    }

    fn stock(outcome: StockOutcome) -> Event {
        Event::Stock(StockMovement {
            order_id: OrderId::new(),
            lines: vec![],
            outcome,
            reason: Some("TV is sold out".into()),
            changed_at: Utc::now(),
        })
    }

    fn all() -> Vec<(Event, Option<Progress>)> {
        let closed = Progress::Rejected("closed".into());
        let sold_out = Progress::Rejected("TV is sold out".into());
        vec![
            (ticket(TicketState::Received, None), None),
            (ticket(TicketState::Accepted, None), Some(Progress::Accepted)),
            (ticket(TicketState::CookingStarted, None), Some(Progress::Cooking)),
            (
                ticket(TicketState::CookingFinished, None),
                Some(Progress::Cooking),
            ),
            (ticket(TicketState::Rejected, Some("closed")), Some(closed)),
            (ticket(TicketState::Cancelled, None), None),
            (
                rider(Some("kim")),
                Some(Progress::RiderChanged(Some("kim".into()))),
            ),
            (rider(None), Some(Progress::RiderChanged(None))),
            (delivery(DeliveryState::Requested), None),
            (delivery(DeliveryState::Ready), None),
            (delivery(DeliveryState::Departing), Some(Progress::Departing)),
            (delivery(DeliveryState::Started), Some(Progress::OnTheWay)),
            (delivery(DeliveryState::Delivered), Some(Progress::Delivered)),
            (delivery(DeliveryState::Cancelled), None),
            (stock(StockOutcome::Taken), Some(Progress::StockTaken)),
            (stock(StockOutcome::Short), Some(sold_out)),
            (stock(StockOutcome::Returned), None),
        ]
    }

    #[test]
    fn exactly_the_events_that_report_progress_are_consumed() {
        for (event, expected) in all() {
            let kind = event.event_type().unwrap();
            assert_eq!(progress(&event), expected, "{kind}");
            assert_eq!(OrderProgressEvents.concerns(kind), expected.is_some(), "{kind}");
        }
    }

    #[test]
    fn only_a_change_that_others_can_see_is_announced() {
        let order = order();
        let remembered = OrderProgressEvents
            .react(Some(&order), &delivery(DeliveryState::Departing), Utc::now())
            .unwrap();
        assert!(remembered.events.is_empty() && remembered.aggregate != order);

        let leaves = OrderProgressEvents
            .react(
                Some(&remembered.aggregate),
                &stock(StockOutcome::Taken),
                Utc::now(),
            )
            .unwrap();
        let [Event::Order(announced)] = leaves.events.as_slice() else {
            panic!("{:?}", leaves.events);
        };
        assert_eq!((announced.state, announced.version), (OrderState::OnTheWay, 2));
    }

    #[test]
    fn a_report_about_an_order_that_does_not_exist_changes_nothing() {
        let accepted = ticket(TicketState::Accepted, None);
        assert_eq!(OrderProgressEvents.react(None, &accepted, Utc::now()), None);
    }
}
