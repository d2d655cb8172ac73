//! What is counted of an order, and what the counts recommend.

use fdp_contracts::OrderSnapshot;
use std::collections::BTreeMap;

/// What one's own order weighs against one of somebody else.
const OWN_WEIGHT: u64 = 3;

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
        score: own * OWN_WEIGHT + others,
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
    use fdp_contracts::{OrderId, OrderLine, OrderState};

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

    #[test]
    fn an_order_counts_each_of_its_items_once() {
        let line = |product_id: Option<&str>, name: &str| OrderLine {
            product_id: product_id.map(str::to_owned),
            product_name: name.into(),
            qty: 5,
            unit_price: 10_000,
        };
        let order = OrderSnapshot {
            order_id: OrderId::new(),
            customer_id: "100".into(),
            store_id: "1".into(),
            lines: vec![
                line(None, "통닭"),
                line(None, "통닭"),
                line(Some("1"), "TV"),
                line(Some("1"), "A larger TV"),
            ],
            amount: 10_000,
            state: OrderState::Placed,
            reason: None,
            version: 1,
            placed_at: Utc::now(),
            changed_at: Utc::now(),
        };
        let keys: Vec<String> = items(&order).into_keys().collect();
        assert_eq!(keys, ["id:1", "name:통닭"]);
    }
}
