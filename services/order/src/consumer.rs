//! What the store, the riders and the stock report, told to the order.

use crate::domain::{Order, Progress};
use crate::store;
use async_trait::async_trait;
use chrono::Utc;
use fdp_contracts::{CloudEvent, DeliveryState, Event, OrderId, StockOutcome, TicketState};
use fdp_kit::{EventHandler, HandleError};
use sqlx::PgConnection;

/// Listens to tickets, deliveries and stock.
#[derive(Debug, Clone, Copy)]
pub struct Reports;

#[async_trait]
impl EventHandler for Reports {
    async fn handle(
        &self,
        connection: &mut PgConnection,
        event: Event,
        _envelope: &CloudEvent,
    ) -> Result<(), HandleError> {
        let Some((order_id, progress)) = progress(event) else {
            return Ok(());
        };
        let decide = |order: &Order| order.advance(&progress, Utc::now());
        if store::change(connection, order_id, &decide).await?.is_none() {
            tracing::warn!(order_id = %order_id, "a report about an order that does not exist");
        }
        Ok(())
    }
}

/// What an event means for an order; `None` when nothing.
fn progress(event: Event) -> Option<(OrderId, Progress)> {
    match event {
        Event::Ticket(ticket) => {
            let progress = match ticket.state {
                TicketState::Accepted => Progress::Accepted,
                TicketState::CookingStarted | TicketState::CookingFinished => Progress::Cooking,
                TicketState::Rejected => Progress::Rejected(
                    ticket
                        .reason
                        .unwrap_or_else(|| "the store cannot take it".to_owned()),
                ),
                TicketState::Received | TicketState::Cancelled => return None,
            };
            Some((ticket.order_id, progress))
        }
        Event::Delivery(delivery) => {
            let progress = match delivery.state {
                DeliveryState::Started => Progress::OnTheWay,
                DeliveryState::Delivered => Progress::Delivered,
                DeliveryState::Requested | DeliveryState::Ready | DeliveryState::Cancelled => return None,
            };
            Some((delivery.order_id, progress))
        }
        Event::Stock(movement) if movement.outcome == StockOutcome::Short => {
            let reason = movement
                .reason
                .unwrap_or_else(|| "something on it is sold out".to_owned());
            Some((movement.order_id, Progress::Rejected(reason)))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use fdp_contracts::{DeliveryId, DeliverySnapshot, StockMovement, TicketSnapshot};

    fn ticket(state: TicketState, reason: Option<&str>) -> Option<Progress> {
        let ticket = TicketSnapshot {
            order_id: OrderId::new(),
            store_id: "1".into(),
            customer_id: "100".into(),
            state,
            reason: reason.map(str::to_owned),
            changed_at: Utc::now(),
        };
        progress(Event::Ticket(ticket)).map(|(_, progress)| progress)
    }

    fn delivery(state: DeliveryState) -> Option<Progress> {
        let delivery = DeliverySnapshot {
            delivery_id: DeliveryId::new(),
            order_id: OrderId::new(),
            customer_id: "100".into(),
            store_id: "1".into(),
            state,
            changed_at: Utc::now(),
        };
        progress(Event::Delivery(delivery)).map(|(_, progress)| progress)
    }

    fn stock(outcome: StockOutcome) -> Option<Progress> {
        let movement = StockMovement {
            order_id: OrderId::new(),
            lines: vec![],
            outcome,
            reason: Some("TV is sold out".into()),
            changed_at: Utc::now(),
        };
        progress(Event::Stock(movement)).map(|(_, progress)| progress)
    }

    #[test]
    fn what_the_store_reports_moves_the_order() {
        assert_eq!(ticket(TicketState::Accepted, None), Some(Progress::Accepted));
        assert_eq!(ticket(TicketState::CookingStarted, None), Some(Progress::Cooking));
        assert_eq!(
            ticket(TicketState::CookingFinished, None),
            Some(Progress::Cooking)
        );
        let closed = Progress::Rejected("closed".into());
        assert_eq!(ticket(TicketState::Rejected, Some("closed")), Some(closed));
        assert_eq!(ticket(TicketState::Received, None), None);
    }

    #[test]
    fn what_the_rider_reports_moves_the_order() {
        assert_eq!(delivery(DeliveryState::Started), Some(Progress::OnTheWay));
        assert_eq!(delivery(DeliveryState::Delivered), Some(Progress::Delivered));
        assert_eq!(delivery(DeliveryState::Ready), None);
    }

    #[test]
    fn missing_stock_rejects_the_order_with_its_reason_and_other_movements_do_not() {
        let rejected = Progress::Rejected("TV is sold out".into());
        assert_eq!(stock(StockOutcome::Short), Some(rejected));
        assert_eq!(stock(StockOutcome::Taken), None);
        assert_eq!(stock(StockOutcome::Returned), None);
    }

    #[test]
    fn what_other_services_see_as_the_end_of_their_part_is_no_news_for_the_order() {
        assert_eq!(ticket(TicketState::Cancelled, None), None);
        assert_eq!(delivery(DeliveryState::Cancelled), None);
    }
}
