//! Whether a history is at rest, and the checks that then apply, which are the same as with real databases and a real
//! broker.

use crate::endpoint::Service;
use crate::engine::lock;
use crate::people::customer_name;
use crate::plan::PRODUCTS;
use crate::receipts::{Receipt, Told};
use crate::world::World;
use fdp_contracts::{
    DeliveryState, Event, OrderId, OrderSnapshot, OrderState, PaymentState, TicketState, topic,
};
use order::domain::{Order, TooLate};
use std::collections::{BTreeMap, BTreeSet};

/// Whether nothing is in progress any more.
///
/// # Errors
/// With what is still in progress.
pub fn nothing_moves(world: &World) -> Result<(), String> {
    if !world.is_healed() {
        return Err("something is still broken".into());
    }
    let shopping = world.plan.purchases.len() - world.receipts.left();
    if shopping > 0 {
        return Err(format!("{shopping} customers are not done"));
    }
    let intents = world.order.look(|tables| tables.intents.len());
    if intents > 0 {
        return Err(format!("{intents} payments are not settled"));
    }
    let unfinished = world.order.look(|tables| {
        let orders = tables.orders.values().map(Order::snapshot);
        let standing = orders.filter(|order| !order.state.is_final());
        let standing = standing.map(|order| format!("{} is {:?}", world.name(order.order_id), order.state));
        standing.collect::<Vec<_>>()
    });
    if !unfinished.is_empty() {
        return Err(unfinished.join(", "));
    }
    for service in Service::with_database() {
        let unpublished = lock(&world.connection(service).log).outbox.len();
        if unpublished > 0 {
            return Err(format!("{} has {unpublished} events to publish", service.name()));
        }
    }
    for service in Service::with_database() {
        let lag = world.broker.lag(service);
        if lag > 0 {
            return Err(format!("{} has {lag} events before it", service.name()));
        }
    }
    Ok(())
}

/// All violations.
pub fn contradictions(world: &World) -> Vec<String> {
    let mut judge = Judge {
        world,
        found: lock(&world.failures).clone(),
    };
    judge.nothing_impossible_happened();
    let orders: Vec<OrderSnapshot> = world.order.look(|tables| {
        let orders = tables.orders.values();
        orders.map(|order| order.snapshot().clone()).collect()
    });
    for order in &orders {
        judge.all_tell_the_same_story(order);
    }
    judge.no_payment_without_order(&orders);
    judge.stock_is_conserved(&orders);
    judge.counts_are_true(&orders);
    judge.is_told_in_order(&orders);
    judge.customers_got_what_they_were_told(&orders);
    judge.found
}

struct Judge<'a> {
    world: &'a World,
    found: Vec<String>,
}

impl Judge<'_> {
    fn claim(&mut self, holds: bool, words: impl FnOnce() -> String) {
        if !holds {
            self.found.push(words());
        }
    }

    fn nothing_impossible_happened(&mut self) {
        for service in Service::with_database() {
            let connection = self.world.connection(service);
            let log = lock(&connection.log);
            self.found.extend(log.broken.iter().cloned());
            let again = log.effects.values().filter(|times| **times > 1).count();
            self.claim(again == 0, || {
                format!("{again} events took effect in {} more than once", service.name())
            });
        }
    }

    fn all_tell_the_same_story(&mut self, order: &OrderSnapshot) {
        let (order_id, state) = (order.order_id, order.state);
        let world = self.world;
        let name = world.name(order_id);
        let delivered = state == OrderState::Delivered;
        self.claim(state.is_final(), || format!("{name} stands still at {state:?}"));

        let expected = if delivered {
            PaymentState::Approved
        } else {
            PaymentState::Refunded
        };
        let payment = world.pay.look(|payments| {
            let payment = payments.get(&order_id);
            payment.map(|payment| (payment.state, payment.amount))
        });
        self.claim(payment == Some((expected, order.amount)), || {
            format!(
                "{name} is {state:?}, so its payment of {} should be {expected:?}: {payment:?}",
                order.amount
            )
        });

        let expected = if delivered {
            DeliveryState::Delivered
        } else {
            DeliveryState::Cancelled
        };
        let delivery = world
            .delivery
            .look(|deliveries| deliveries.get(&order_id).map(|delivery| delivery.state));
        self.claim(delivery == Some(expected), || {
            format!("{name} is {state:?}, but its delivery is {delivery:?}")
        });

        let ticket = world
            .store
            .look(|tickets| tickets.get(&order_id).map(|ticket| ticket.state));
        let fits = match ticket {
            Some(TicketState::CookingFinished) => true,
            // A ticket that was cooked before the order ended keeps that state.
            Some(TicketState::Cancelled | TicketState::Rejected) => !delivered,
            _ => false,
        };
        self.claim(fits, || {
            format!("{name} is {state:?}, but its ticket is {ticket:?}")
        });

        let all: Vec<u32> = (1..=order.version).collect();
        let (shown, latest) = world.frontend.look(|view| {
            let mine = view.orders.range((order_id, 0)..=(order_id, u32::MAX));
            let versions: Vec<u32> = mine.clone().map(|((_, version), _)| *version).collect();
            (versions, mine.last().map(|(_, order)| order.clone()))
        });
        self.claim(shown == all && latest.as_ref() == Some(order), || {
            format!(
                "{name} is {state:?} in version {}, but the view knows {shown:?}",
                order.version
            )
        });
        let told: Vec<u32> = world.customer.look(|messages| {
            let mine = messages.range((order_id, 0)..=(order_id, u32::MAX));
            mine.map(|((_, version), _)| *version).collect()
        });
        self.claim(told == all, || {
            format!("{name} has the versions {all:?}, and messages went out for {told:?}")
        });
    }

    fn no_payment_without_order(&mut self, orders: &[OrderSnapshot]) {
        let existing: BTreeSet<OrderId> = orders.iter().map(|order| order.order_id).collect();
        let approved: Vec<OrderId> = self.world.pay.look(|payments| {
            let approved = payments.values();
            approved
                .filter(|payment| payment.state == PaymentState::Approved)
                .map(|payment| payment.order_id)
                .collect()
        });
        for order_id in approved {
            self.claim(existing.contains(&order_id), || {
                format!("{} does not exist, and is paid", self.world.name(order_id))
            });
        }
    }

    fn stock_is_conserved(&mut self, orders: &[OrderSnapshot]) {
        let mut left: BTreeMap<&str, i64> = BTreeMap::new();
        let restocked = lock(&self.world.inventory.connection.log).restocked.clone();
        for product in PRODUCTS {
            let came = restocked.get(product).copied().unwrap_or_default() + u64::from(self.world.plan.stock);
            left.insert(product, i64::try_from(came).unwrap_or_default());
        }
        let delivered = orders.iter().filter(|order| order.state == OrderState::Delivered);
        for line in delivered.flat_map(|order| &order.lines) {
            if let Some(left) = line.product_id.as_deref().and_then(|id| left.get_mut(id)) {
                *left -= i64::from(line.qty);
            }
        }
        for (product_id, left) in left {
            let (kept, shown) = (
                self.world
                    .inventory
                    .look(|stock| stock.products.get(product_id).map(|product| product.stock)),
                self.world
                    .frontend
                    .look(|view| view.products.get(product_id).map(|product| product.stock)),
            );
            let kept = kept.and_then(|kept| i64::try_from(kept).ok());
            self.claim(kept == Some(left) && left >= 0, || {
                format!(
                    "by what was delivered, {left} of {product_id} should be left, and there are {kept:?}"
                )
            });
            let shown = shown.and_then(|shown| i64::try_from(shown).ok());
            self.claim(shown.is_none_or(|shown| shown == left), || {
                format!("{left} of {product_id} are left, and the view says {shown:?}")
            });
        }
    }

    fn counts_are_true(&mut self, orders: &[OrderSnapshot]) {
        let mut expected: BTreeMap<(String, String), i64> = BTreeMap::new();
        for order in orders.iter().filter(|order| order.state == OrderState::Delivered) {
            for key in marketing::domain::items(order).into_keys() {
                *expected.entry((order.customer_id.clone(), key)).or_default() += 1;
            }
        }
        let counted: BTreeMap<(String, String), i64> = self.world.marketing.look(|counts| {
            let counted = counts.orders.iter().filter(|(_, orders)| **orders != 0);
            counted.map(|(key, orders)| (key.clone(), *orders)).collect()
        });
        self.claim(counted == expected, || {
            format!("marketing counts {counted:?}, and should count {expected:?}")
        });
    }

    /// A change may be published twice, but none may be missing, and none may come before an earlier one.
    fn is_told_in_order(&mut self, orders: &[OrderSnapshot]) {
        let mut told: BTreeMap<OrderId, Vec<u32>> = BTreeMap::new();
        for record in self.world.broker.records(topic::ORDER) {
            if let Event::Order(order) = &record.event {
                let versions = told.entry(order.order_id).or_default();
                if !versions.contains(&order.version) {
                    versions.push(order.version);
                }
            }
        }
        for order in orders {
            let expected: Vec<u32> = (1..=order.version).collect();
            let versions = told.remove(&order.order_id).unwrap_or_default();
            self.claim(versions == expected, || {
                let name = self.world.name(order.order_id);
                format!("the topic tells the versions {versions:?} of {name}, not {expected:?}")
            });
        }
    }

    fn customers_got_what_they_were_told(&mut self, orders: &[OrderSnapshot]) {
        let by_id: BTreeMap<OrderId, &OrderSnapshot> =
            orders.iter().map(|order| (order.order_id, order)).collect();
        let receipts = self.world.receipts.all();
        for Receipt { purchase, told } in &receipts {
            let (order_id, fits): (OrderId, fn(OrderState) -> bool) = match told {
                Told::Ordered(order_id) | Told::PerhapsCancelled(order_id) => (*order_id, |_| true),
                Told::Cancelled(order_id) => (*order_id, |state| state == OrderState::Cancelled),
                Told::TooLate(order_id, TooLate::Rejected) => {
                    (*order_id, |state| state == OrderState::Rejected)
                }
                Told::TooLate(order_id, TooLate::OnTheWay | TooLate::Delivered) => {
                    (*order_id, |state| state == OrderState::Delivered)
                }
                Told::Goodbye => continue,
            };
            let state = by_id.get(&order_id).map(|order| order.state);
            self.claim(state.is_some_and(fits), || {
                let name = self.world.name(order_id);
                let told = words(*told);
                format!("customer {purchase} was told that {name} {told}, and it is {state:?}")
            });
        }
        for (number, purchase) in &self.world.plan.purchases {
            let theirs: Vec<&OrderSnapshot> = orders
                .iter()
                .filter(|order| order.customer_id == customer_name(*number))
                .collect();
            let most = if purchase.keyed { 1 } else { purchase.copies };
            self.claim(theirs.len() as u64 <= most, || {
                format!("customer {number} wanted {most} orders and has {}", theirs.len())
            });
            let wanted_back = receipts.iter().any(|receipt| {
                receipt.purchase == *number
                    && matches!(receipt.told, Told::Cancelled(_) | Told::PerhapsCancelled(_))
            });
            for order in theirs {
                self.claim(order.state != OrderState::Cancelled || wanted_back, || {
                    format!("{} was cancelled by nobody", self.world.name(order.order_id))
                });
            }
        }
    }
}

fn words(told: Told) -> String {
    match told {
        Told::Ordered(_) => "is ordered".into(),
        Told::Cancelled(_) => "is cancelled".into(),
        Told::TooLate(_, too_late) => format!("can't be cancelled ({too_late:?})"),
        Told::PerhapsCancelled(_) => "exists".into(),
        Told::Goodbye => "is over".into(),
    }
}
