//! A customer's orders, newest first.

use super::format::Moment;
use super::frame::Frame;
use super::tracking_page::{icon, number};
use crate::domain::menu;
use askama::Template;
use fdp_contracts::{OrderSnapshot, OrderState, StoreSnapshot, won};

/// The page at `/shop/orders`.
#[derive(Debug, Template)]
#[template(path = "orders.html")]
pub(super) struct OrdersPage {
    frame: Frame,
    orders: Vec<Entry>,
}

#[derive(Debug)]
struct Entry {
    order_id: String,
    number: String,
    state: OrderState,
    label: &'static str,
    icon: &'static str,
    summary: String,
    amount: String,
    placed_at: Moment,
}

impl OrdersPage {
    /// The page of these orders, whose `stores` name the dishes.
    pub(super) fn new(frame: Frame, orders: &[OrderSnapshot], stores: &[StoreSnapshot]) -> Self {
        let orders = orders
            .iter()
            .map(|order| {
                let order_id = order.order_id.to_string();
                Entry {
                    number: number(&order_id),
                    order_id,
                    state: order.state,
                    label: frame.text.state(order.state),
                    icon: icon(order.state),
                    summary: summary(&frame, order, stores),
                    amount: won(order.amount),
                    placed_at: order.placed_at.into(),
                }
            })
            .collect();
        Self { frame, orders }
    }
}

/// The first line of an order, with its quantity or the number of other lines.
fn summary(frame: &Frame, order: &OrderSnapshot, stores: &[StoreSnapshot]) -> String {
    let Some(first) = order.lines.first() else {
        return String::new();
    };
    let name = menu::name_of(stores, &order.store_id, first, frame.language);
    let [before, after] = frame.text.more;
    match order.lines.len() - 1 {
        0 => format!("{name} × {}", first.qty),
        more => format!("{name} {before}{more}{after}"),
    }
}
