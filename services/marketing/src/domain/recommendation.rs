//! What the counts recommend, and the reason that the customer reads.

use super::item::Item;

/// The weight of an order of the customer; an order of another customer has the weight 1.
pub(crate) const OWN_WEIGHT: u32 = 3;

/// How many orders contain an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Popularity {
    /// The item.
    pub item: Item,
    /// Orders of the customer who gets the recommendation.
    pub own: u64,
    /// Orders of all other customers.
    pub others: u64,
}

/// An item, and why it is recommended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recommendation {
    /// The item.
    pub item: Item,
    /// The higher, the better.
    pub score: u64,
    /// Why, in Korean.
    pub reason_ko: String,
    /// Why, in English.
    pub reason_en: String,
}

/// The best `limit` recommendations, best first.
pub fn recommend(counted: Vec<Popularity>, limit: usize) -> Vec<Recommendation> {
    let mut recommendations: Vec<Recommendation> = counted
        .into_iter()
        .filter(|popularity| popularity.own + popularity.others > 0)
        .map(explain)
        .collect();
    recommendations.sort_by(|a, b| {
        b.score
            .cmp(&a.score)
            .then_with(|| a.item.product_name.cmp(&b.item.product_name))
    });
    recommendations.truncate(limit);
    recommendations
}

/// Scores an item and gives the reason for it.
fn explain(Popularity { item, own, others }: Popularity) -> Recommendation {
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

    fn popularity(name: &str, own: u64, others: u64) -> Popularity {
        let item = Item {
            product_id: None,
            product_name: name.into(),
        };
        Popularity { item, own, others }
    }

    fn names(recommended: &[Recommendation]) -> Vec<&str> {
        recommended
            .iter()
            .map(|one| one.item.product_name.as_str())
            .collect()
    }

    #[test]
    fn own_orders_outweigh_those_of_others() {
        let counted = vec![popularity("others' choice", 0, 5), popularity("own choice", 2, 0)];
        let recommended = recommend(counted, 10);
        assert_eq!(names(&recommended), ["own choice", "others' choice"]);
        assert_eq!(recommended[0].reason_en, "you ordered it twice");
        assert_eq!(recommended[1].reason_en, "ordered 5 times by other customers");
    }

    #[test]
    fn an_item_without_orders_is_not_recommended() {
        assert_eq!(recommend(vec![popularity("forgotten", 0, 0)], 10), []);
    }

    #[test]
    fn the_limit_is_kept_and_equal_scores_are_sorted_by_name() {
        let counted = ["b", "a", "c"].map(|name| popularity(name, 1, 1)).to_vec();
        assert_eq!(names(&recommend(counted, 2)), ["a", "b"]);
    }
}
