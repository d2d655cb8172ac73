//! The reservation of one order: it holds all the stock that the order needs or nothing, and releases it once.

use chrono::{DateTime, Utc};
use fdp_contracts::{OrderId, OrderSnapshot, ProductSnapshot, StockLine, StockMovement, StockOutcome};
use std::collections::BTreeMap;

/// The outcome of a reservation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The order holds the stock.
    Taken,
    /// Some of the stock was missing, so the order holds nothing.
    Short,
    /// The order held the stock, and released it when it ended.
    Returned,
    /// The order ended before it could reserve stock; it never will.
    Cancelled,
}

impl Outcome {
    /// All outcomes.
    pub const ALL: [Self; 4] = [Self::Taken, Self::Short, Self::Returned, Self::Cancelled];

    /// The outcome's name, as it is stored.
    pub fn name(self) -> &'static str {
        match self {
            Self::Taken => "Taken",
            Self::Short => "Short",
            Self::Returned => "Returned",
            Self::Cancelled => "Cancelled",
        }
    }

    /// The outcome as it is published; `None` for a cancellation that moved no stock.
    fn published(self) -> Option<StockOutcome> {
        match self {
            Self::Taken => Some(StockOutcome::Taken),
            Self::Short => Some(StockOutcome::Short),
            Self::Returned => Some(StockOutcome::Returned),
            Self::Cancelled => None,
        }
    }
}

/// The stock that one order needs, and whether the order holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reservation {
    /// The order.
    pub order_id: OrderId,
    /// The lines: each product once, sorted by its id.
    pub lines: Vec<StockLine>,
    /// Whether the order holds the stock.
    pub outcome: Outcome,
    /// What was missing, as a text for the customer.
    pub reason: Option<String>,
    /// When the outcome last changed.
    pub changed_at: DateTime<Utc>,
}

impl Reservation {
    /// Reserves `lines` for an order, if each of `products` has enough stock for them.
    pub fn decide(
        order_id: OrderId,
        lines: Vec<StockLine>,
        products: &BTreeMap<String, ProductSnapshot>,
        now: DateTime<Utc>,
    ) -> Self {
        let shortages: Vec<String> = lines
            .iter()
            .filter_map(|line| shortage(line, products.get(&line.product_id)))
            .collect();
        let (outcome, reason) = if shortages.is_empty() {
            (Outcome::Taken, None)
        } else {
            (Outcome::Short, Some(shortages.join("; ")))
        };
        Self {
            order_id,
            lines,
            outcome,
            reason,
            changed_at: now,
        }
    }

    /// The reservation of an order whose end was received before its placement.
    pub fn cancelled(order_id: OrderId, lines: Vec<StockLine>, now: DateTime<Utc>) -> Self {
        Self {
            order_id,
            lines,
            outcome: Outcome::Cancelled,
            reason: None,
            changed_at: now,
        }
    }

    /// Releases the stock because the order has ended; `false` if the order holds none.
    pub fn release(&mut self, now: DateTime<Utc>) -> bool {
        let held = self.outcome == Outcome::Taken;
        if held {
            self.outcome = Outcome::Returned;
            self.changed_at = now;
        }
        held
    }

    /// The movement to publish; `None` if the order never reserved stock.
    pub fn movement(&self) -> Option<StockMovement> {
        Some(StockMovement {
            order_id: self.order_id,
            lines: self.lines.clone(),
            outcome: self.outcome.published()?,
            reason: self.reason.clone(),
            changed_at: self.changed_at,
        })
    }
}

fn shortage(line: &StockLine, product: Option<&ProductSnapshot>) -> Option<String> {
    match product {
        None => Some(format!("there is no product {}", line.product_id)),
        Some(product) if product.stock < u64::from(line.qty) => Some(format!(
            "{} is out of stock: {} ordered, {} left",
            product.product_name, line.qty, product.stock
        )),
        Some(_) => None,
    }
}

/// The stock that an order needs: each product once, sorted by id. Dishes need none.
pub fn stocked_lines(order: &OrderSnapshot) -> Vec<StockLine> {
    let mut quantities = BTreeMap::<&str, u32>::new();
    for line in &order.lines {
        if let Some(product_id) = &line.product_id {
            let quantity = quantities.entry(product_id).or_default();
            *quantity = quantity.saturating_add(line.qty);
        }
    }
    quantities
        .into_iter()
        .map(|(product_id, qty)| StockLine {
            product_id: product_id.to_owned(),
            qty,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use fdp_contracts::{OrderLine, OrderState};
    use proptest::prelude::*;

    fn product(id: &str, stock: u64) -> ProductSnapshot {
        ProductSnapshot {
            product_id: id.into(),
            store_id: "1".into(),
            product_name: format!("name of {id}"),
            stock,
            unit_price: None,
            changed_at: Utc::now(),
        }
    }

    fn line(id: &str, qty: u32) -> StockLine {
        StockLine {
            product_id: id.into(),
            qty,
        }
    }

    fn order(lines: &[(Option<&str>, u32)]) -> OrderSnapshot {
        OrderSnapshot {
            order_id: OrderId::new(),
            customer_id: "100".into(),
            store_id: "1".into(),
            lines: lines
                .iter()
                .map(|(product_id, qty)| OrderLine {
                    product_id: product_id.map(str::to_owned),
                    product_name: "anything".into(),
                    qty: *qty,
                    unit_price: 10_000,
                })
                .collect(),
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

    fn decide(lines: Vec<StockLine>, products: &[ProductSnapshot]) -> Reservation {
        let by_id = |product: &ProductSnapshot| (product.product_id.clone(), product.clone());
        let products = products.iter().map(by_id).collect();
        Reservation::decide(OrderId::new(), lines, &products, Utc::now())
    }

    #[test]
    fn dishes_need_no_stock_and_repeated_products_are_added_up() {
        let lines = stocked_lines(&order(&[
            (Some("2"), 1),
            (None, 9),
            (Some("1"), 4),
            (Some("2"), 2),
        ]));
        assert_eq!(lines, vec![line("1", 4), line("2", 3)]);
        assert_eq!(stocked_lines(&order(&[(None, 1)])), vec![]);
    }

    #[test]
    fn a_shortage_names_every_product_that_is_missing() {
        let decided = decide(
            vec![line("1", 2), line("2", 1), line("3", 1)],
            &[product("1", 1), product("2", 5)],
        );
        assert_eq!(decided.outcome, Outcome::Short);
        assert_eq!(
            decided.reason.unwrap(),
            "name of 1 is out of stock: 2 ordered, 1 left; there is no product 3"
        );
    }

    #[test]
    fn stock_is_released_once() {
        let mut held = decide(vec![line("1", 2)], &[product("1", 2)]);
        assert!(held.release(Utc::now()));
        assert_eq!(held.movement().unwrap().outcome, StockOutcome::Returned);
        assert!(!held.release(Utc::now()));
    }

    #[test]
    fn an_order_that_reserved_nothing_releases_nothing() {
        let mut short = decide(vec![line("1", 2)], &[]);
        assert!(!short.release(Utc::now()));
        let mut cancelled = Reservation::cancelled(OrderId::new(), vec![line("1", 2)], Utc::now());
        assert!(!cancelled.release(Utc::now()));
        assert_eq!(cancelled.movement(), None);
    }

    proptest! {
        #[test]
        fn stock_is_reserved_exactly_when_every_product_has_enough(
            needed in prop::collection::btree_map("[a-e]", 1u32..6, 1..5),
            stocked in prop::collection::btree_map("[a-e]", 0u64..6, 0..5),
        ) {
            let lines = needed.iter().map(|(id, qty)| line(id, *qty)).collect();
            let products: Vec<_> = stocked.iter().map(|(id, stock)| product(id, *stock)).collect();
            let decided = decide(lines, &products);
            let enough = needed.iter().all(|(id, qty)| stocked.get(id).is_some_and(|stock| *stock >= u64::from(*qty)));
            prop_assert_eq!(decided.outcome == Outcome::Taken, enough);
            prop_assert_eq!(decided.reason.is_none(), enough);
        }
    }
}
