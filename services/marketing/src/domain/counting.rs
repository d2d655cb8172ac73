//! Which orders count, and what each of them changes in the counts.

use super::item::{Item, items};
use fdp_contracts::{OrderSnapshot, OrderState};
use std::collections::BTreeMap;

/// Whether an order is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CountState {
    /// It was placed, and counts.
    Counted,
    /// It was cancelled or rejected, and does not count any more. If its placement has not been consumed by then, it
    /// never counts.
    Withdrawn,
}

/// What has to be added to the counts, by customer and item.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CountDeltas(BTreeMap<(String, String), CountDelta>);

/// What has to be added to a customer's count of an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CountDelta {
    /// The customer.
    pub customer_id: String,
    /// The item.
    pub item: Item,
    /// How many orders more, or fewer.
    pub orders: i64,
}

impl CountDeltas {
    /// Counts an order, or withdraws it, given its state so far. Returns its new state, or `None` if nothing changes.
    pub fn record(&mut self, known: Option<CountState>, order: &OrderSnapshot) -> Option<CountState> {
        match (order.state, known) {
            (OrderState::Placed, None) => {
                self.add(order, 1);
                Some(CountState::Counted)
            }
            (OrderState::Cancelled | OrderState::Rejected, Some(CountState::Counted)) => {
                self.add(order, -1);
                Some(CountState::Withdrawn)
            }
            (OrderState::Cancelled | OrderState::Rejected, None) => Some(CountState::Withdrawn),
            _ => None,
        }
    }

    fn add(&mut self, order: &OrderSnapshot, orders: i64) {
        for (key, item) in items(order) {
            let delta = self
                .0
                .entry((order.customer_id.clone(), key))
                .or_insert_with(|| CountDelta {
                    customer_id: order.customer_id.clone(),
                    item: item.clone(),
                    orders: 0,
                });
            delta.item = item;
            delta.orders += orders;
        }
    }

    /// The deltas that are not zero, sorted by customer and item, so that two batches never deadlock.
    pub fn into_sorted(self) -> Vec<CountDelta> {
        self.0.into_values().filter(|delta| delta.orders != 0).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::Utc;
    use fdp_contracts::{OrderId, OrderLine};

    fn order(state: OrderState, lines: &[(Option<&str>, &str)]) -> OrderSnapshot {
        let line = |(product_id, name): &(Option<&str>, &str)| OrderLine {
            product_id: product_id.map(str::to_owned),
            product_name: (*name).to_owned(),
            qty: 5,
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
            state,
            reason: None,
            version: 1,
            placed_at: Utc::now(),
            changed_at: Utc::now(),
        }
    }

    #[test]
    fn an_order_counts_each_of_its_items_once() {
        let lines = [
            (None, "통닭"),
            (None, "통닭"),
            (Some("1"), "TV"),
            (Some("1"), "A larger TV"),
        ];
        let keys: Vec<String> = items(&order(OrderState::Placed, &lines)).into_keys().collect();
        assert_eq!(keys, ["id:1", "name:통닭"]);
    }

    #[test]
    fn an_order_counts_until_it_is_cancelled_or_rejected_in_any_order() {
        use OrderState::{Cancelled, Cooking, Delivered, Placed, Rejected};
        for (consumed, counted) in [
            (vec![Placed], 1),
            (vec![Placed, Placed, Cooking, Delivered], 1),
            (vec![Placed, Cancelled], 0),
            (vec![Placed, Rejected, Cancelled, Placed], 0),
            (vec![Cancelled, Placed], 0),
        ] {
            let (mut deltas, mut known) = (CountDeltas::default(), None);
            for state in &consumed {
                known = deltas.record(known, &order(*state, &[(None, "통닭")])).or(known);
            }
            let orders: i64 = deltas.into_sorted().iter().map(|delta| delta.orders).sum();
            assert_eq!(orders, counted, "{consumed:?}");
        }
    }
}
