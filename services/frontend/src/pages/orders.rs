//! A customer's orders, newest first.

use super::Frame;
use super::format::{Moment, won};
use super::tracking::{icon, number};
use crate::menu;
use askama::Template;
use fdp_contracts::{OrderSnapshot, OrderState};

/// The page at `/shop/orders`.
#[derive(Debug, Template)]
#[template(path = "orders.html")]
pub struct OrdersPage {
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
    what: String,
    amount: String,
    placed_at: Moment,
}

impl OrdersPage {
    /// The page of these orders.
    pub fn new(frame: Frame, orders: &[OrderSnapshot]) -> Self {
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
                    what: what(&frame, order),
                    amount: won(order.amount),
                    placed_at: order.placed_at.into(),
                }
            })
            .collect();
        Self { frame, orders }
    }
}

/// The first line of an order, and how many of it or how many lines more.
fn what(frame: &Frame, order: &OrderSnapshot) -> String {
    let Some(first) = order.lines.first() else {
        return String::new();
    };
    let name = menu::name_of(&first.product_name, frame.language);
    let [before, after] = frame.text.more;
    match order.lines.len() - 1 {
        0 => format!("{name} × {}", first.qty),
        more => format!("{name} {before}{more}{after}"),
    }
}
