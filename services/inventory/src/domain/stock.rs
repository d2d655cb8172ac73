//! Products and what orders hold of them, and how both change together.

use super::{Outcome, Reservation, stocked_lines};
use chrono::{DateTime, TimeDelta, Utc};
use fdp_contracts::{Event, OrderId, OrderSnapshot, ProductSnapshot, StockLine};
use std::collections::BTreeMap;

/// A product as it is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewProduct {
    /// Its id.
    pub product_id: String,
    /// What the customer reads.
    pub product_name: String,
    /// How many can be ordered from now on.
    pub stock: u32,
    /// Price of one, in won; `None` leaves the price that it has.
    pub unit_price: Option<u64>,
}

impl NewProduct {
    /// The product from now on, given what there was of it before.
    pub fn registered(self, before: Option<&ProductSnapshot>, now: DateTime<Utc>) -> ProductSnapshot {
        ProductSnapshot {
            product_id: self.product_id,
            product_name: self.product_name,
            stock: self.stock.into(),
            unit_price: self
                .unit_price
                .or_else(|| before.and_then(|before| before.unit_price)),
            changed_at: before.map_or(now, |before| after(before.changed_at, now)),
        }
    }
}

/// Adds `qty` to what there is of a product.
pub fn restock(product: &mut ProductSnapshot, qty: u32, now: DateTime<Utc>) {
    product.stock = product.stock.saturating_add(qty.into());
    product.changed_at = after(product.changed_at, now);
}

/// Now, but never before an earlier change: clocks of replicas differ, and readers tell old news by its time.
fn after(earlier: DateTime<Utc>, now: DateTime<Utc>) -> DateTime<Utc> {
    now.max(earlier + TimeDelta::microseconds(1))
}

/// Some products, and what some orders hold of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stock {
    /// What each order asked for; an order that has not asked yet is not in it.
    pub reservations: BTreeMap<OrderId, Reservation>,
    /// The products by id.
    pub products: BTreeMap<String, ProductSnapshot>,
}

impl Stock {
    /// An order was placed: it takes all that it needs, or nothing. Nothing happens for an order that has asked
    /// before or has ended, and for one that needs no stock. Gives what the world is to hear.
    pub fn take(&mut self, order: &OrderSnapshot, now: DateTime<Utc>) -> Vec<Event> {
        let lines = stocked_lines(order);
        if lines.is_empty() || self.reservations.contains_key(&order.order_id) {
            return Vec::new();
        }
        let reservation = Reservation::decide(order.order_id, lines, &self.products, now);
        let mut events = Vec::new();
        if reservation.outcome == Outcome::Taken {
            let taken = |stock: u64, qty| stock.saturating_sub(qty);
            events = self.move_stock(&reservation.lines, taken, now);
        }
        events.extend(reservation.movement().map(Event::Stock));
        self.reservations.insert(order.order_id, reservation);
        events
    }

    /// An order has ended before the door: what it holds goes back, once. One that has not asked yet never will.
    pub fn give_back(&mut self, order: &OrderSnapshot, now: DateTime<Utc>) -> Vec<Event> {
        let Some(reservation) = self.reservations.get_mut(&order.order_id) else {
            let lines = stocked_lines(order);
            if !lines.is_empty() {
                let never = Reservation::cancelled(order.order_id, lines, now);
                self.reservations.insert(order.order_id, never);
            }
            return Vec::new();
        };
        if !reservation.give_back(now) {
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
                product.changed_at = after(product.changed_at, now);
                events.push(Event::Product(product.clone()));
            }
        }
        events
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use fdp_contracts::{OrderLine, OrderState};
    use proptest::prelude::*;

    const PRODUCTS: [&str; 3] = ["a", "b", "c"];

    fn product(product_id: &str, stock: u64) -> ProductSnapshot {
        ProductSnapshot {
            product_id: product_id.into(),
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
            state: OrderState::Placed,
            reason: None,
            version: 1,
            placed_at: Utc::now(),
            changed_at: Utc::now(),
        }
    }

    #[test]
    fn a_price_stays_until_another_one_is_given() {
        let new = |unit_price| NewProduct {
            product_id: "a".into(),
            product_name: "TV".into(),
            stock: 1,
            unit_price,
        };
        let first = new(Some(9_000)).registered(None, Utc::now());
        let second = new(None).registered(Some(&first), Utc::now());
        assert_eq!(second.unit_price, Some(9_000));
        let third = new(Some(0)).registered(Some(&second), Utc::now());
        assert_eq!(third.unit_price, Some(0));
    }

    #[test]
    fn news_of_a_product_never_seems_older_than_what_came_before_even_when_clocks_differ() {
        let mut product = product("a", 1);
        let before = product.changed_at;
        restock(&mut product, 2, before - TimeDelta::seconds(5));
        assert_eq!(product.stock, 3);
        assert!(product.changed_at > before);
    }

    #[test]
    fn what_is_taken_and_what_is_put_back_is_told_product_by_product_and_then_as_a_whole() {
        let mut stock = stock_of(5);
        let order = order(&[(1, 2), (0, 1), (9, 4)]);
        let told = |events: &[Event]| -> Vec<String> {
            let words = |event: &Event| match event {
                Event::Product(product) => format!("{} {}", product.product_id, product.stock),
                Event::Stock(movement) => format!("{:?}", movement.outcome),
                other => format!("{other:?}"),
            };
            events.iter().map(words).collect()
        };
        assert_eq!(told(&stock.take(&order, Utc::now())), ["a 4", "b 3", "Taken"]);
        assert_eq!(
            told(&stock.give_back(&order, Utc::now())),
            ["a 5", "b 5", "Returned"]
        );
        assert!(stock.give_back(&order, Utc::now()).is_empty());
    }

    #[derive(Debug, Clone, Copy)]
    enum News {
        Placed,
        Ended,
    }

    proptest! {
        #[test]
        fn whatever_orders_do_in_whatever_order_stock_is_kept_and_never_below_nothing(
            orders in prop::collection::vec(prop::collection::vec((0usize..4, 1u32..4), 0..4), 1..8),
            news in prop::collection::vec((any::<prop::sample::Index>(), prop::sample::select(vec![News::Placed, News::Ended])), 0..40),
        ) {
            let orders: Vec<_> = orders.iter().map(|lines| order(lines)).collect();
            let mut stock = stock_of(5);
            for (index, news) in news {
                let order = index.get(&orders);
                match news {
                    News::Placed => drop(stock.take(order, Utc::now())),
                    News::Ended => drop(stock.give_back(order, Utc::now())),
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
