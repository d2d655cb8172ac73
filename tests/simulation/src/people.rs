//! The people in the simulation: customers, the owner, the rider, and the supplier of new products.

use crate::app::App;
use crate::endpoint::{Endpoint, Service};
use crate::engine::OUTSIDE;
use crate::ledger::SkewedClock;
use crate::network::send;
use crate::offers;
use crate::plan::Purchase;
use crate::receipts::Told;
use crate::world::World;
use delivery::domain as deliveries;
use fdp_contracts::{DeliveryState, Event, OrderId, TicketState};
use fdp_runtime::Clock as _;
use futures::future::{BoxFuture, join_all};
use inventory::domain::stock;
use order::application::{CancelError, PlaceError};
use order::domain::{OrderRequest, OrderRequestLine};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;
use store::domain as tickets;

/// A person's timeout for a response.
const TIMEOUT: Duration = Duration::from_secs(4);
/// How often a customer sends the same request.
const ATTEMPTS: usize = 3;

/// The name under which a customer orders.
pub fn customer_name(purchase: usize) -> String {
    format!("customer {purchase}")
}

/// Starts all people.
pub fn begin(world: &Arc<World>) {
    for (number, purchase) in world.plan.purchases.clone() {
        let world_ = world.clone();
        world.engine.spawn(OUTSIDE, async move {
            world_.engine.sleep(purchase.at).await;
            shop(&world_, number, &purchase).await;
            world_.receipts.keep(number, Told::Goodbye);
        });
    }
    for (at, product, qty) in world.plan.restocks.clone() {
        let world_ = world.clone();
        world.engine.spawn(OUTSIDE, async move {
            world_.engine.sleep(at).await;
            restock(&world_, product, qty).await;
        });
    }
    let (owner, rider) = (world.clone(), world.clone());
    world.engine.spawn(OUTSIDE, async move { own(&owner).await });
    world.engine.spawn(OUTSIDE, async move { ride(&rider).await });
}

async fn shop(world: &Arc<World>, number: usize, purchase: &Purchase) {
    let copies = (0..purchase.copies).map(|copy| buy(world, number, purchase, copy));
    let ordered: Vec<OrderId> = join_all(copies).await.into_iter().flatten().collect();
    let (Some(order_id), Some(pause)) = (ordered.first(), purchase.cancels_after) else {
        return;
    };
    world.engine.sleep(pause).await;
    cancel(world, number, *order_id).await;
}

/// Orders; with a key, retries while there is no response.
async fn buy(world: &Arc<World>, number: usize, purchase: &Purchase, copy: u64) -> Option<OrderId> {
    let key = purchase.keyed.then(|| format!("key of customer {number}"));
    let request = OrderRequest {
        customer_id: Some(customer_name(number)),
        lines: purchase
            .lines
            .iter()
            .map(|(product, qty)| OrderRequestLine {
                product_id: product.map(str::to_owned),
                name: Some(product.unwrap_or(offers::DISH).to_owned()),
                qty: Some(*qty),
                unit_price: None,
            })
            .collect(),
        ..OrderRequest::default()
    };
    let attempts = if purchase.keyed { ATTEMPTS } else { 1 };
    for attempt in 0..attempts {
        let (request, key) = (request.clone(), key.clone());
        world
            .engine
            .note(|| format!("customer {number} orders (copy {copy}, attempt {attempt})"));
        let place = move |app: App| -> BoxFuture<'static, Option<Result<OrderId, PlaceError>>> {
            Box::pin(async move {
                let App::Order(orders) = app else { return None };
                let placed = orders.place(request, key).await;
                Some(placed.map(|placement| placement.order_id()))
            })
        };
        let request = send(world, Endpoint::Outside, Service::Order, place);
        let answer = world.engine.within(TIMEOUT, request).await;
        let order_id = answer.and_then(|answer| answer.ok().flatten());
        match order_id {
            Some(Ok(order_id)) => {
                world
                    .engine
                    .note(|| format!("customer {number} has {}", world.name(order_id)));
                world.receipts.keep(number, Told::Ordered(order_id));
                return Some(order_id);
            }
            Some(Err(error)) => world.engine.note(|| format!("customer {number} hears: {error}")),
            None => world.engine.note(|| format!("customer {number} hears nothing")),
        }
        world.engine.sleep_between(1_000, 800_000).await;
    }
    None
}

/// Cancels an order, and retries while there is no response.
async fn cancel(world: &Arc<World>, number: usize, order_id: OrderId) {
    for _ in 0..ATTEMPTS {
        world
            .engine
            .note(|| format!("customer {number} cancels {}", world.name(order_id)));
        let cancel = move |app: App| -> BoxFuture<'static, Option<Result<(), CancelError>>> {
            Box::pin(async move {
                let App::Order(orders) = app else { return None };
                Some(orders.cancel(order_id).await.map(drop))
            })
        };
        let request = send(world, Endpoint::Outside, Service::Order, cancel);
        let answer = world.engine.within(TIMEOUT, request).await;
        let told = match answer.and_then(|answer| answer.ok().flatten()) {
            Some(Ok(())) => Told::Cancelled(order_id),
            Some(Err(CancelError::TooLate(too_late))) => Told::TooLate(order_id, too_late),
            _ => Told::PerhapsCancelled(order_id),
        };
        world.engine.note(|| match told {
            Told::Cancelled(_) => format!("customer {number} hears that it is cancelled"),
            Told::TooLate(_, too_late) => format!("customer {number} hears: {too_late}"),
            _ => format!("customer {number} hears nothing of it"),
        });
        world.receipts.keep(number, told);
        if !matches!(told, Told::PerhapsCancelled(_)) {
            return;
        }
        world.engine.sleep_between(1_000, 500_000).await;
    }
}

/// The owner takes the next step of some tickets from time to time, rejects a few, and never answers others.
async fn own(world: &Arc<World>) {
    let mut noticed: BTreeMap<OrderId, bool> = BTreeMap::new();
    loop {
        world.engine.sleep_between(50_000, 700_000).await;
        let waiting: Vec<(OrderId, String, TicketState)> = world.store.look(|tickets| {
            tickets
                .values()
                .map(|ticket| (ticket.order_id, ticket.store_id.clone(), ticket.state))
                .collect()
        });
        for (order_id, store_id, state) in waiting {
            let silence = world.plan.silence;
            let answers = *noticed
                .entry(order_id)
                .or_insert_with(|| silence == 0 || !world.engine.draw(|random| random.chance(silence)));
            if !answers {
                continue;
            }
            let Some(mut command) = tickets::next(state) else {
                continue;
            };
            if world.engine.draw(|random| random.chance(400)) {
                continue;
            }
            let refusals = world.plan.refusals;
            if state == TicketState::Received && world.engine.draw(|random| random.chance(refusals)) {
                command = tickets::Command::Reject {
                    reason: "too much to do".into(),
                };
            }
            world
                .engine
                .note(|| format!("the owner says {} to {}", command.name(), world.name(order_id)));
            let command = move |app: App| -> BoxFuture<'static, ()> {
                Box::pin(async move {
                    if let App::Store(tickets) = app {
                        // A rejected command is not repeated; the tickets are read again later.
                        let owner = tickets::Actor::Owner(None);
                        let _ = tickets.command(&owner, &store_id, order_id, command).await;
                    }
                })
            };
            let request = send(world, Endpoint::Outside, Service::Store, command);
            world.engine.within(TIMEOUT, request).await;
        }
    }
}

/// The rider takes the next step of some deliveries from time to time. Another one takes deliveries on, and is not heard of any
/// more.
async fn ride(world: &Arc<World>) {
    let mut noticed: BTreeSet<OrderId> = BTreeSet::new();
    loop {
        world.engine.sleep_between(50_000, 700_000).await;
        let waiting: Vec<_> = world.delivery.look(|deliveries| {
            deliveries
                .values()
                .map(|delivery| {
                    let others = delivery.rider_id.is_some();
                    (
                        delivery.parcel.order_id,
                        delivery.state,
                        delivery.is_free(),
                        others,
                    )
                })
                .collect()
        });
        for (order_id, state, is_free, has_silent_rider) in waiting {
            let silence = world.plan.silence;
            let taken = silence > 0
                && is_free
                && noticed.insert(order_id)
                && world.engine.draw(|random| random.chance(silence));
            let waits_for_silent_rider = has_silent_rider && state == DeliveryState::Ready;
            let next = deliveries::next(state).filter(|_| !waits_for_silent_rider);
            let silently = || deliveries::Command::Assign {
                rider_id: "who is not heard of any more".to_owned(),
            };
            let Some(command) = taken.then(silently).or(next) else {
                continue;
            };
            if world.engine.draw(|random| random.chance(400)) {
                continue;
            }
            world
                .engine
                .note(|| format!("the rider says {} to {}", command.name(), world.name(order_id)));
            let command = move |app: App| -> BoxFuture<'static, ()> {
                Box::pin(async move {
                    if let App::Delivery(deliveries) = app {
                        let _ = deliveries
                            .command(&deliveries::Actor::System, order_id, command)
                            .await;
                    }
                })
            };
            let request = send(world, Endpoint::Outside, Service::Delivery, command);
            world.engine.within(TIMEOUT, request).await;
        }
    }
}

/// Restocks a product: the pure part of the inventory service's use case, in one transaction.
async fn restock(world: &Arc<World>, product_id: &'static str, qty: u32) {
    let now = SkewedClock {
        engine: world.engine.clone(),
        skew: 0,
    }
    .now();
    let work = |stock: &mut stock::Stock, log: &mut crate::database::Log| {
        if let Some(product) = stock.products.get_mut(product_id)
            && stock::restock(product, qty.into(), now).is_ok()
        {
            log.announce(vec![Event::Product(product.clone())]);
            *log.restocked.entry(product_id).or_default() += u64::from(qty);
        }
    };
    world
        .engine
        .note(|| format!("{qty} more of {product_id} come in"));
    let _ = world.inventory.transact(work).await;
}
