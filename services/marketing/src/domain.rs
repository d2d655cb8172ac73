//! What is counted of an order, and what the counts recommend.

use fdp_contracts::{OrderSnapshot, OrderState};
use std::collections::BTreeMap;

/// What one's own order weighs against one of somebody else.
pub(crate) const OWN_WEIGHT: u32 = 3;

/// Something that can be recommended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// The stocked product, if it is one.
    pub product_id: Option<String>,
    /// What the customer reads.
    pub product_name: String,
}

impl Item {
    /// What makes it the same thing in two orders: its id, or its name if it has none.
    pub fn key(&self) -> String {
        match &self.product_id {
            Some(product_id) => format!("id:{product_id}"),
            None => format!("name:{}", self.product_name),
        }
    }
}

/// What has been heard of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// It was placed, and counts.
    Counted,
    /// It ended before the door, and counts no more. If its placing was not heard of by then, it never will count.
    Withdrawn,
}

/// What has to be added to the counts: by customer and item.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts(BTreeMap<(String, String), Change>);

/// What has to be added to a customer's count of an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The customer.
    pub customer_id: String,
    /// The item.
    pub item: Item,
    /// How many orders more, or fewer.
    pub orders: i64,
}

impl Counts {
    /// Hears of an order about which this much was `told` before; gives what is told of it now, if that is news.
    pub fn hear(&mut self, told: Option<Told>, order: &OrderSnapshot) -> Option<Told> {
        match (order.state, told) {
            (OrderState::Placed, None) => {
                self.add(order, 1);
                Some(Told::Counted)
            }
            (OrderState::Cancelled | OrderState::Rejected, Some(Told::Counted)) => {
                self.add(order, -1);
                Some(Told::Withdrawn)
            }
            (OrderState::Cancelled | OrderState::Rejected, None) => Some(Told::Withdrawn),
            _ => None,
        }
    }

    fn add(&mut self, order: &OrderSnapshot, orders: i64) {
        for (key, item) in items(order) {
            let place = self.0.entry((order.customer_id.clone(), key));
            let change = place.or_insert_with(|| Change {
                customer_id: order.customer_id.clone(),
                item: item.clone(),
                orders: 0,
            });
            change.item = item;
            change.orders += orders;
        }
    }

    /// The changes, in the order of customers and items, so that two batches never wait for each other.
    pub fn changes(self) -> Vec<Change> {
        self.0.into_values().filter(|change| change.orders != 0).collect()
    }
}

/// In how many orders an item stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Popularity {
    /// The item.
    pub item: Item,
    /// Orders of the customer who is advised.
    pub own: u64,
    /// Orders of all other customers.
    pub others: u64,
}

/// An item, and why it is recommended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recommendation {
    /// The item.
    pub item: Item,
    /// The higher, the better the advice.
    pub score: u64,
    /// Why, in Korean.
    pub reason_ko: String,
    /// Why, in English.
    pub reason_en: String,
}

/// The items of an order, each once whatever its quantity, by key.
pub fn items(order: &OrderSnapshot) -> BTreeMap<String, Item> {
    let item = |product_id: &Option<String>, product_name: &str| Item {
        product_id: product_id.clone(),
        product_name: product_name.to_owned(),
    };
    order
        .lines
        .iter()
        .map(|line| item(&line.product_id, &line.product_name))
        .map(|item| (item.key(), item))
        .collect()
}

/// The best `limit` recommendations, best first.
pub fn recommend(counted: Vec<Popularity>, limit: usize) -> Vec<Recommendation> {
    let mut advice: Vec<Recommendation> = counted
        .into_iter()
        .filter(|popularity| popularity.own + popularity.others > 0)
        .map(advise)
        .collect();
    advice.sort_by(|a, b| {
        b.score
            .cmp(&a.score)
            .then_with(|| a.item.product_name.cmp(&b.item.product_name))
    });
    advice.truncate(limit);
    advice
}

fn advise(Popularity { item, own, others }: Popularity) -> Recommendation {
    let (reason_ko, reason_en) = match (own, others) {
        (0, others) => (
            format!("다른 고객들이 {others}번 주문했습니다"),
            format!("ordered {} by other customers", times(others)),
        ),
        (own, 0) => (
            format!("{own}번 주문하셨습니다"),
            format!("you ordered it {}", times(own)),
        ),
        (own, others) => (
            format!("{own}번 주문하셨고, 다른 고객들이 {others}번 주문했습니다"),
            format!("you ordered it {}, other customers {}", times(own), times(others)),
        ),
    };
    Recommendation {
        item,
        score: own * u64::from(OWN_WEIGHT) + others,
        reason_ko,
        reason_en,
    }
}

fn times(count: u64) -> String {
    match count {
        1 => "once".to_owned(),
        2 => "twice".to_owned(),
        count => format!("{count} times"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::Utc;
    use fdp_contracts::{OrderId, OrderLine};

    fn popularity(name: &str, own: u64, others: u64) -> Popularity {
        let item = Item {
            product_id: None,
            product_name: name.into(),
        };
        Popularity { item, own, others }
    }

    fn names(advice: &[Recommendation]) -> Vec<&str> {
        advice.iter().map(|one| one.item.product_name.as_str()).collect()
    }

    #[test]
    fn what_the_customer_orders_himself_outweighs_what_others_order() {
        let counted = vec![popularity("others' choice", 0, 5), popularity("own choice", 2, 0)];
        let advice = recommend(counted, 10);
        assert_eq!(names(&advice), ["own choice", "others' choice"]);
        assert_eq!(advice[0].reason_en, "you ordered it twice");
        assert_eq!(advice[1].reason_en, "ordered 5 times by other customers");
    }

    #[test]
    fn what_nobody_orders_any_more_is_not_recommended() {
        assert_eq!(recommend(vec![popularity("forgotten", 0, 0)], 10), []);
    }

    #[test]
    fn only_as_many_as_asked_for_and_in_the_same_order_every_time() {
        let counted = ["b", "a", "c"].map(|name| popularity(name, 1, 1)).to_vec();
        assert_eq!(names(&recommend(counted, 2)), ["a", "b"]);
    }

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
    fn an_order_counts_from_its_placing_to_its_early_end_whichever_is_heard_of_first() {
        use OrderState::{Cancelled, Cooking, Delivered, Placed, Rejected};
        for (heard, counted) in [
            (vec![Placed], 1),
            (vec![Placed, Placed, Cooking, Delivered], 1),
            (vec![Placed, Cancelled], 0),
            (vec![Placed, Rejected, Cancelled, Placed], 0),
            (vec![Cancelled, Placed], 0),
        ] {
            let (mut counts, mut told) = (Counts::default(), None);
            for state in &heard {
                told = counts.hear(told, &order(*state, &[(None, "통닭")])).or(told);
            }
            let orders: i64 = counts.changes().iter().map(|change| change.orders).sum();
            assert_eq!(orders, counted, "{heard:?}");
        }
    }
}
