//! Every interleaving of a customer who cancels, a store, an inventory and a rider: in each one, the order and the
//! delivery reach the same outcome, and it is the one that the customer was told.

use super::tests::product;
use super::*;
use std::collections::HashSet;

/// The rider's side of the protocol: leave only once the order is on its way, and never after it has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Rider {
    Waiting,
    Departing,
    Started,
    Delivered,
    Cancelled,
}

/// The response that the customer got.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Told {
    NotRequested,
    Cancelled,
    TooLate,
}

/// The state of everybody, and the events under way. Each list is one topic: its events arrive in order, but events of
/// different topics may arrive in any order.
#[derive(Debug, Clone)]
struct World {
    order: Order,
    rider: Rider,
    told: Told,
    may_cancel: bool,
    from_store: Vec<Progress>,
    from_stock: Vec<Progress>,
    from_rider: Vec<Progress>,
    from_order: Vec<OrderState>,
}

impl World {
    fn new(store: &[Progress], stock: &[Progress], may_cancel: bool) -> Self {
        Self {
            order: product(),
            rider: Rider::Waiting,
            told: Told::NotRequested,
            may_cancel,
            from_store: store.to_vec(),
            from_stock: stock.to_vec(),
            from_rider: Vec::new(),
            from_order: Vec::new(),
        }
    }

    /// All worlds that are one step away.
    fn steps(&self) -> Vec<Self> {
        let possible = [
            self.customer_cancels(),
            self.order_consumes(|world| &mut world.from_store),
            self.order_consumes(|world| &mut world.from_stock),
            self.order_consumes(|world| &mut world.from_rider),
            self.rider_consumes(),
            self.rider_acts(),
        ];
        possible.into_iter().flatten().collect()
    }

    fn customer_cancels(&self) -> Option<Self> {
        if !self.may_cancel || self.told != Told::NotRequested {
            return None;
        }
        let mut world = self.clone();
        world.told = match self.order.cancel(Utc::now()) {
            Ok(cancelled) => {
                world.become_order(cancelled);
                Told::Cancelled
            }
            Err(_) => Told::TooLate,
        };
        Some(world)
    }

    fn order_consumes(&self, topic: impl Fn(&mut Self) -> &mut Vec<Progress>) -> Option<Self> {
        let mut world = self.clone();
        let events = topic(&mut world);
        if events.is_empty() {
            return None;
        }
        let progress = events.remove(0);
        let next = world.order.advance(&progress, Utc::now());
        world.become_order(next);
        Some(world)
    }

    fn become_order(&mut self, next: Option<Order>) {
        let Some(next) = next else { return };
        if next.announcement(Some(&self.order)).is_some() {
            self.from_order.push(next.snapshot().state);
        }
        self.order = next;
    }

    fn rider_consumes(&self) -> Option<Self> {
        let mut world = self.clone();
        if world.from_order.is_empty() {
            return None;
        }
        match (world.from_order.remove(0), world.rider) {
            (OrderState::OnTheWay, Rider::Waiting | Rider::Departing) => world.rider_starts(),
            (OrderState::Cancelled | OrderState::Rejected, Rider::Waiting | Rider::Departing) => {
                world.rider = Rider::Cancelled;
            }
            _ => {}
        }
        Some(world)
    }

    fn rider_starts(&mut self) {
        self.rider = Rider::Started;
        self.from_rider.push(Progress::OnTheWay);
    }

    fn rider_acts(&self) -> Option<Self> {
        let mut world = self.clone();
        let (next, report) = match world.rider {
            Rider::Waiting => (Rider::Departing, Progress::Departing),
            Rider::Started => (Rider::Delivered, Progress::Delivered),
            _ => return None,
        };
        world.rider = next;
        world.from_rider.push(report);
        Some(world)
    }

    /// Called when no further step is possible.
    fn assert_one_outcome(&self) {
        let ends = (self.order.snapshot().state, self.rider, self.told);
        let agree = matches!(
            ends,
            (
                OrderState::Delivered,
                Rider::Delivered,
                Told::NotRequested | Told::TooLate
            ) | (OrderState::Cancelled, Rider::Cancelled, Told::Cancelled)
                | (
                    OrderState::Rejected,
                    Rider::Cancelled,
                    Told::NotRequested | Told::TooLate
                )
        );
        assert!(agree, "{ends:?}");
    }

    fn fingerprint(&self) -> String {
        let order = &self.order;
        format!(
            "{:?} {} {} {:?} {:?} {:?} {:?} {:?} {:?}",
            order.snapshot.state,
            order.awaits_stock,
            order.departing,
            self.rider,
            self.told,
            self.from_store,
            self.from_stock,
            self.from_rider,
            self.from_order
        )
    }
}

/// Explores every path from `start`; returns the final states of the order.
fn explore(start: World) -> HashSet<OrderState> {
    let (mut seen, mut ends, mut open) = (HashSet::new(), HashSet::new(), vec![start]);
    while let Some(world) = open.pop() {
        if !seen.insert(world.fingerprint()) {
            continue;
        }
        let next = world.steps();
        if next.is_empty() {
            world.assert_one_outcome();
            ends.insert(world.order.snapshot().state);
        }
        open.extend(next);
    }
    ends
}

const COOKS: [Progress; 2] = [Progress::Accepted, Progress::Cooking];

fn store_rejects() -> [Progress; 1] {
    [Progress::Rejected("closed".into())]
}

fn out_of_stock() -> [Progress; 1] {
    [Progress::Rejected("sold out".into())]
}

#[test]
fn a_cancellation_against_a_rider_who_leaves_has_one_outcome() {
    let ends = explore(World::new(&COOKS, &[Progress::StockTaken], true));
    assert_eq!(
        ends,
        HashSet::from([OrderState::Delivered, OrderState::Cancelled])
    );
}

#[test]
fn a_cancellation_against_missing_stock_has_one_outcome() {
    let ends = explore(World::new(&COOKS, &out_of_stock(), true));
    assert_eq!(ends, HashSet::from([OrderState::Rejected, OrderState::Cancelled]));
}

#[test]
fn a_cancellation_against_a_store_that_rejects_has_one_outcome() {
    for stock in [&[Progress::StockTaken][..], &out_of_stock()] {
        let ends = explore(World::new(&store_rejects(), stock, true));
        assert!(ends.contains(&OrderState::Cancelled) && ends.contains(&OrderState::Rejected));
    }
}

#[test]
fn a_sold_out_product_is_never_delivered_however_fast_the_rider_is() {
    let ends = explore(World::new(&COOKS, &out_of_stock(), false));
    assert_eq!(ends, HashSet::from([OrderState::Rejected]));
}

#[test]
fn an_order_that_nobody_cancels_or_rejects_is_delivered() {
    let ends = explore(World::new(&COOKS, &[Progress::StockTaken], false));
    assert_eq!(ends, HashSet::from([OrderState::Delivered]));
}
