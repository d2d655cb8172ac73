//! Products and the reservations of orders, and how both change together.

use super::product::next_change;
use super::reservation::{Outcome, Reservation, stocked_lines};
use chrono::{DateTime, Utc};
use fdp_contracts::{Event, OrderId, OrderSnapshot, ProductSnapshot, StockLine};
use std::collections::BTreeMap;

/// There are fewer than are to be taken away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("there are only {0} left")]
pub struct TooFew(pub u64);

/// Adds `qty` to the stock of a product, or takes them away if it is negative.
///
/// # Errors
/// When there are not so many.
pub fn restock(product: &mut ProductSnapshot, qty: i64, now: DateTime<Utc>) -> Result<(), TooFew> {
    let moved = product.stock.checked_add_signed(qty);
    product.stock = moved.ok_or(TooFew(product.stock))?;
    product.changed_at = next_change(product.changed_at, now);
    Ok(())
}

/// Some products, and the reservations of some orders.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stock {
    /// The reservations by order; an order without one has not tried to reserve stock yet.
    pub reservations: BTreeMap<OrderId, Reservation>,
    /// The products by id.
    pub products: BTreeMap<String, ProductSnapshot>,
}

impl Stock {
    /// Reserves all the stock that a placed order needs, or nothing, and returns the events to publish. Nothing changes
    /// for an order that has a reservation already, and for one that needs no stock.
    pub fn reserve(&mut self, order: &OrderSnapshot, now: DateTime<Utc>) -> Vec<Event> {
        let lines = stocked_lines(order);
        if lines.is_empty() || self.reservations.contains_key(&order.order_id) {
            return Vec::new();
        }
        let reservation = Reservation::decide(order.order_id, lines, &self.products, now);
        let mut events = Vec::new();
        if reservation.outcome == Outcome::Taken {
            events = self.move_stock(&reservation.lines, u64::saturating_sub, now);
        }
        events.extend(reservation.movement().map(Event::Stock));
        self.reservations.insert(order.order_id, reservation);
        events
    }

    /// Releases the stock of an order that has ended before it was delivered, once, and returns the events to publish.
    /// An order without a reservation is marked, so that it never gets one.
    pub fn release(&mut self, order: &OrderSnapshot, now: DateTime<Utc>) -> Vec<Event> {
        let Some(reservation) = self.reservations.get_mut(&order.order_id) else {
            let lines = stocked_lines(order);
            if !lines.is_empty() {
                let cancelled = Reservation::cancelled(order.order_id, lines, now);
                self.reservations.insert(order.order_id, cancelled);
            }
            return Vec::new();
        };
        if !reservation.release(now) {
            return Vec::new();
        }
        let (lines, movement) = (reservation.lines.clone(), reservation.movement());
        let mut events = self.move_stock(&lines, u64::saturating_add, now);
        events.extend(movement.map(Event::Stock));
        events
    }

    fn move_stock(
        &mut self,
        lines: &[StockLine],
        moved: impl Fn(u64, u64) -> u64,
        now: DateTime<Utc>,
    ) -> Vec<Event> {
        let mut events = Vec::with_capacity(lines.len() + 1);
        for line in lines {
            if let Some(product) = self.products.get_mut(&line.product_id) {
                product.stock = moved(product.stock, line.qty.into());
                product.changed_at = next_change(product.changed_at, now);
                events.push(Event::Product(product.clone()));
            }
        }
        events
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeDelta;
    use fdp_contracts::{OrderLine, OrderState};
    use proptest::prelude::*;

    const PRODUCTS: [&str; 3] = ["a", "b", "c"];

    fn product(product_id: &str, stock: u64) -> ProductSnapshot {
        ProductSnapshot {
            product_id: product_id.into(),
            store_id: "1".into(),
            product_name: format!("name of {product_id}"),
            stock,
            unit_price: None,
            changed_at: Utc::now(),
        }
    }

    fn stock_of(each: u64) -> Stock {
        let products = PRODUCTS.map(|id| (id.to_owned(), product(id, each)));
        Stock {
            products: products.into(),
            ..Stock::default()
        }
    }

    fn order(lines: &[(usize, u32)]) -> OrderSnapshot {
        let line = |(product, qty): &(usize, u32)| OrderLine {
            product_id: PRODUCTS.get(*product).map(|id| (*id).to_owned()),
            product_name: "anything".into(),
            qty: *qty,
            unit_price: 10_000,
        };
        OrderSnapshot {
            order_id: OrderId::new(),
            customer_id: "100".into(),
            store_id: "1".into(),
            lines: lines.iter().map(line).collect(),
            amount: 10_000,
            delivery_fee: 0,
            store_version: None,
            state: OrderState::Placed,
            reason: None,
            version: 1,
            placed_at: Utc::now(),
            changed_at: Utc::now(),
        }
    }

    #[test]
    fn a_change_of_a_product_is_later_than_the_one_before_on_any_clock() {
        let mut product = product("a", 1);
        let before = product.changed_at;
        restock(&mut product, 2, before - TimeDelta::seconds(5)).unwrap();
        assert_eq!(product.stock, 3);
        assert!(product.changed_at > before);
    }

    #[test]
    fn a_reservation_and_its_release_publish_each_product_and_then_the_whole() {
        let mut stock = stock_of(5);
        let order = order(&[(1, 2), (0, 1), (9, 4)]);
        let published = |events: &[Event]| -> Vec<String> {
            let summary = |event: &Event| match event {
                Event::Product(product) => format!("{} {}", product.product_id, product.stock),
                Event::Stock(movement) => format!("{:?}", movement.outcome),
                other => format!("{other:?}"),
            };
            events.iter().map(summary).collect()
        };
        assert_eq!(
            published(&stock.reserve(&order, Utc::now())),
            ["a 4", "b 3", "Taken"]
        );
        assert_eq!(
            published(&stock.release(&order, Utc::now())),
            ["a 5", "b 5", "Returned"]
        );
        assert!(stock.release(&order, Utc::now()).is_empty());
    }

    #[derive(Debug, Clone, Copy)]
    enum Input {
        Placed,
        Ended,
    }

    proptest! {
        #[test]
        fn stock_and_reservations_together_stay_the_same_in_any_order_of_events(
            orders in prop::collection::vec(prop::collection::vec((0usize..4, 1u32..4), 0..4), 1..8),
            inputs in prop::collection::vec((any::<prop::sample::Index>(), prop::sample::select(vec![Input::Placed, Input::Ended])), 0..40),
        ) {
            let orders: Vec<_> = orders.iter().map(|lines| order(lines)).collect();
            let mut stock = stock_of(5);
            for (index, input) in inputs {
                let order = index.get(&orders);
                match input {
                    Input::Placed => drop(stock.reserve(order, Utc::now())),
                    Input::Ended => drop(stock.release(order, Utc::now())),
                }
                for id in PRODUCTS {
                    let held: u64 = stock
                        .reservations
                        .values()
                        .filter(|reservation| reservation.outcome == Outcome::Taken)
                        .flat_map(|reservation| &reservation.lines)
                        .filter(|line| line.product_id == id)
                        .map(|line| u64::from(line.qty))
                        .sum();
                    prop_assert_eq!(stock.products[id].stock + held, 5, "{}", id);
                }
            }
        }
    }
}
