//! The order as a customer sees it: folded from snapshots that may come late, twice or out of order.

use chrono::{DateTime, Utc};
use fdp_contracts::{OrderSnapshot, OrderState};
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// One change in the life of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct Change {
    /// The state that it led to.
    pub state: OrderState,
    /// When.
    pub at: DateTime<Utc>,
    /// The order's version after it.
    pub version: u32,
}

/// An order and how it got where it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderView {
    latest: OrderSnapshot,
    /// All known snapshots by version, the latest included.
    snapshots: BTreeMap<u32, OrderSnapshot>,
}

impl OrderView {
    /// Folds what is known of one order; `None` when nothing is. The order and the number of times in which
    /// snapshots come makes no difference: of each version the first counts, and the highest version is the latest.
    pub fn fold(snapshots: impl IntoIterator<Item = OrderSnapshot>) -> Option<Self> {
        let mut by_version = BTreeMap::new();
        for snapshot in snapshots {
            by_version.entry(snapshot.version).or_insert(snapshot);
        }
        let latest = by_version.values().next_back()?.clone();
        Some(Self {
            latest,
            snapshots: by_version,
        })
    }

    /// The order after its latest known change.
    pub fn latest(&self) -> &OrderSnapshot {
        &self.latest
    }

    /// Its changes, oldest first.
    pub fn history(&self) -> Vec<Change> {
        self.snapshots
            .values()
            .map(|snapshot| Change {
                state: snapshot.state,
                at: snapshot.changed_at,
                version: snapshot.version,
            })
            .collect()
    }

    /// What a reader has not heard yet, oldest first. A reader who has heard nothing gets the latest snapshot
    /// only; one who has heard up to `heard` gets every change after it.
    pub fn news(&self, heard: Option<u32>) -> Vec<OrderSnapshot> {
        match heard {
            None => vec![self.latest.clone()],
            Some(version) => self
                .snapshots
                .range(version.saturating_add(1)..)
                .map(|(_, snapshot)| snapshot.clone())
                .collect(),
        }
    }
}

/// Whether the customer can still take the order back: until the food leaves the store.
pub fn can_cancel(state: OrderState) -> bool {
    matches!(
        state,
        OrderState::Placed | OrderState::Accepted | OrderState::Cooking
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use fdp_contracts::OrderId;
    use proptest::prelude::*;

    fn life(states: &[OrderState]) -> Vec<OrderSnapshot> {
        let order_id = OrderId::new();
        let placed_at = Utc::now();
        (1..)
            .zip(states)
            .map(|(version, state)| OrderSnapshot {
                order_id,
                customer_id: "100".into(),
                store_id: "1".into(),
                lines: vec![],
                amount: 10_000,
                state: *state,
                reason: None,
                version,
                placed_at,
                changed_at: placed_at + chrono::TimeDelta::seconds(i64::from(version)),
            })
            .collect()
    }

    const TO_THE_DOOR: [OrderState; 5] = [
        OrderState::Placed,
        OrderState::Accepted,
        OrderState::Cooking,
        OrderState::OnTheWay,
        OrderState::Delivered,
    ];

    fn versions(snapshots: &[OrderSnapshot]) -> Vec<u32> {
        snapshots.iter().map(|snapshot| snapshot.version).collect()
    }

    proptest! {
        #[test]
        fn late_and_repeated_snapshots_make_the_same_view(
            arrivals in proptest::collection::vec(0_usize..5, 1..20),
        ) {
            let life = life(&TO_THE_DOOR);
            let arrived: Vec<_> = arrivals.iter().map(|index| life[*index].clone()).collect();
            let mut in_order = arrived.clone();
            in_order.sort_by_key(|snapshot| snapshot.version);
            in_order.dedup();
            let view = OrderView::fold(arrived).unwrap();
            prop_assert_eq!(&view, &OrderView::fold(in_order.clone()).unwrap());
            prop_assert_eq!(view.latest(), in_order.last().unwrap());
            prop_assert_eq!(view.history().len(), in_order.len());
        }

        #[test]
        fn a_reader_who_reads_now_and_then_hears_every_change_once_and_in_order(
            known in proptest::collection::vec(1_usize..=5, 1..8),
        ) {
            let life = life(&TO_THE_DOOR);
            let mut heard = Some(0);
            let mut all = vec![];
            let mut so_far = 0;
            for count in known {
                so_far = so_far.max(count);
                let view = OrderView::fold(life[..so_far].to_vec()).unwrap();
                for snapshot in view.news(heard) {
                    heard = Some(snapshot.version);
                    all.push(snapshot);
                }
            }
            prop_assert_eq!(all, life[..so_far].to_vec());
        }
    }

    #[test]
    fn nothing_known_is_no_view() {
        assert_eq!(OrderView::fold([]), None);
    }

    #[test]
    fn of_two_snapshots_with_one_version_the_first_counts() {
        let first = life(&[OrderState::Placed]).remove(0);
        let second = OrderSnapshot {
            amount: 1,
            ..first.clone()
        };
        assert_eq!(OrderView::fold([first.clone(), second]).unwrap().latest(), &first);
    }

    #[test]
    fn a_new_reader_starts_with_the_latest_snapshot_and_a_returning_one_with_what_it_missed() {
        let view = OrderView::fold(life(&TO_THE_DOOR[..4])).unwrap();
        assert_eq!(versions(&view.news(None)), [4]);
        assert_eq!(versions(&view.news(Some(2))), [3, 4]);
        assert_eq!(versions(&view.news(Some(4))), [] as [u32; 0]);
        assert_eq!(versions(&view.news(Some(u32::MAX))), [] as [u32; 0]);
    }

    #[test]
    fn an_order_can_be_taken_back_until_the_food_leaves() {
        let cancellable: Vec<_> = OrderState::ALL
            .into_iter()
            .filter(|state| can_cancel(*state))
            .collect();
        assert_eq!(
            cancellable,
            [OrderState::Placed, OrderState::Accepted, OrderState::Cooking]
        );
    }
}
