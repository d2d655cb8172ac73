//! The order as a customer sees it: folded from snapshots that may come late, twice or out of order.

use chrono::{DateTime, Utc};
use fdp_contracts::{OrderSnapshot, OrderState};
use std::collections::BTreeMap;

/// One change in the life of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StateChange {
    /// The state that it led to.
    pub state: OrderState,
    /// When.
    pub at: DateTime<Utc>,
    /// The order's version after it.
    pub version: u32,
}

/// An order and its history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderView {
    latest: OrderSnapshot,
    /// All known snapshots by version, the latest included.
    snapshots: BTreeMap<u32, OrderSnapshot>,
}

impl OrderView {
    /// Folds the snapshots of one order; `None` if there are none. They may come in any order and repeatedly: of each
    /// version the first counts, and the highest version is the latest.
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
    pub fn history(&self) -> Vec<StateChange> {
        self.snapshots
            .values()
            .map(|snapshot| StateChange {
                state: snapshot.state,
                at: snapshot.changed_at,
                version: snapshot.version,
            })
            .collect()
    }

    /// What a reader has not seen yet, oldest first. A new reader gets the latest snapshot only; one who has seen
    /// everything up to the version `last_seen` gets every snapshot after it.
    pub fn unseen(&self, last_seen: Option<u32>) -> Vec<OrderSnapshot> {
        match last_seen {
            None => vec![self.latest.clone()],
            Some(version) => self
                .snapshots
                .range(version.saturating_add(1)..)
                .map(|(_, snapshot)| snapshot.clone())
                .collect(),
        }
    }
}

/// Whether the customer can still cancel the order: until the food leaves the store.
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
                delivery_fee: 0,
                store_version: None,
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
        fn an_occasional_reader_sees_every_change_once_and_in_order(
            known in proptest::collection::vec(1_usize..=5, 1..8),
        ) {
            let life = life(&TO_THE_DOOR);
            let mut last_seen = Some(0);
            let mut all = vec![];
            let mut so_far = 0;
            for count in known {
                so_far = so_far.max(count);
                let view = OrderView::fold(life[..so_far].to_vec()).unwrap();
                for snapshot in view.unseen(last_seen) {
                    last_seen = Some(snapshot.version);
                    all.push(snapshot);
                }
            }
            prop_assert_eq!(all, life[..so_far].to_vec());
        }
    }

    #[test]
    fn without_snapshots_there_is_no_view() {
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
    fn a_new_reader_gets_the_latest_snapshot_and_a_returning_one_all_missed() {
        let view = OrderView::fold(life(&TO_THE_DOOR[..4])).unwrap();
        assert_eq!(versions(&view.unseen(None)), [4]);
        assert_eq!(versions(&view.unseen(Some(2))), [3, 4]);
        assert_eq!(versions(&view.unseen(Some(4))), [] as [u32; 0]);
        assert_eq!(versions(&view.unseen(Some(u32::MAX))), [] as [u32; 0]);
    }

    #[test]
    fn an_order_can_be_cancelled_until_the_food_leaves() {
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
