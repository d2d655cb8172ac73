//! What delivery does when it hears of an order or of its ticket.

use crate::app;
use crate::domain::{News, Parcel};
use async_trait::async_trait;
use fdp_contracts::{CloudEvent, Event, OrderSnapshot, OrderState, TicketSnapshot, TicketState};
use fdp_kit::{EventHandler, HandleError};
use sqlx::PgConnection;

/// Requests, readies and cancels deliveries.
#[derive(Debug, Clone, Copy)]
pub struct OrderAndTicketEvents;

#[async_trait]
impl EventHandler for OrderAndTicketEvents {
    async fn handle(
        &self,
        connection: &mut PgConnection,
        event: Event,
        _envelope: &CloudEvent,
    ) -> Result<(), HandleError> {
        let heard = match event {
            Event::Order(order) => of_order(order),
            Event::Ticket(ticket) => of_ticket(ticket),
            _ => None,
        };
        if let Some((parcel, news)) = heard {
            app::hear(connection, parcel, news).await?;
        }
        Ok(())
    }
}

fn of_order(order: OrderSnapshot) -> Option<(Parcel, News)> {
    let news = match order.state {
        OrderState::Placed => News::OrderPlaced,
        OrderState::Cancelled | OrderState::Rejected => News::OrderEnded,
        OrderState::Accepted | OrderState::Cooking | OrderState::OnTheWay | OrderState::Delivered => {
            return None;
        }
    };
    let parcel = Parcel {
        order_id: order.order_id,
        customer_id: order.customer_id,
        store_id: order.store_id,
    };
    Some((parcel, news))
}

fn of_ticket(ticket: TicketSnapshot) -> Option<(Parcel, News)> {
    let parcel = Parcel {
        order_id: ticket.order_id,
        customer_id: ticket.customer_id,
        store_id: ticket.store_id,
    };
    (ticket.state == TicketState::CookingFinished).then_some((parcel, News::FoodReady))
}
