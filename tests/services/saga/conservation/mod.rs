//! Tests that money, stock and events stay consistent under faults: customers order, repeat requests and cancel, an
//! owner rejects orders, pay is slow, messages are duplicated and reordered, processes are killed at random times,
//! and afterwards the databases are compared.
//!
//! `FDP_ORDERS` sets the number of orders, and `FDP_SEED` repeats the choices of an earlier run.

mod buyers;
mod fault_injector;
mod owner;
mod turnstile;

use crate::shop::{self, EVENT_TIMEOUT};
use anyhow::{Context, Result, ensure};
use buyers::Buyer;
use fault_injector::{Event, FaultInjector};
use fdp_test_process::wait;
use fdp_test_services::books::{self, Promises, Truth};
use fdp_test_services::{Books, Client, Platform, Random, random};
use owner::Owner;
use std::collections::BTreeMap;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};
use turnstile::Turnstile;

/// The default of `FDP_ORDERS`.
const ORDERS: u64 = 2_000;
/// With fewer orders, not every case has to occur.
const FEW: u64 = 300;
const BUYERS: u64 = 16;
/// A product with enough stock; the other one is sometimes sold out.
const PLENTY: &str = "7001";
const SCARCE: &str = "7002";
const MUCH: u64 = 1_000_000;
/// The number of orders for each initial piece of the scarce product, and for each piece that may be restocked;
/// buyers ask for half a piece per order on average.
const SCARCITY: u64 = 15;
/// The buyers' timeout for a response.
const TIMEOUT: Duration = Duration::from_secs(10);
/// The timeout for everything to come to rest. The partitions of a killed consumer are reassigned after ten seconds.
const REST: Duration = Duration::from_mins(3);
/// The customer whose order checks that orders succeed again.
const AFTERWARDS: &str = "afterwards";
/// The maximum number of contradictions in the error.
const SHOWN: usize = 20;

/// On a separate platform, whose databases contain nothing else.
pub(crate) fn whatever_breaks(_: &mut Platform) -> Result<()> {
    let mut platform = Platform::start()?;
    let tried = conserves(&mut platform, &fault_injector::all_faults(), wanted()?, false);
    if tried.is_err() {
        println!("{}", platform.last_words());
        platform.keep_directory();
    }
    tried
}

/// With fewer orders on `platform`, which has no orders yet and whose order service does not use PostgreSQL; that
/// service is killed repeatedly.
pub(crate) fn in_other_books(platform: &mut Platform) -> Result<()> {
    conserves(platform, &fault_injector::around_orders(), wanted()? / 5, true)
}

fn wanted() -> Result<u64> {
    match std::env::var("FDP_ORDERS") {
        Ok(orders) => orders
            .parse()
            .with_context(|| format!("FDP_ORDERS is '{orders}', and has to be a whole number")),
        Err(_) => Ok(ORDERS),
    }
}

fn conserves(platform: &mut Platform, events: &[Event], orders: u64, asked: bool) -> Result<()> {
    let seed = random::seed()?;
    println!("  {orders} orders; again with FDP_SEED={seed}");
    let began = Instant::now();
    let scarce = orders / SCARCITY;
    shop::stock_up(&platform.gateway(), PLENTY, MUCH)?;
    shop::stock_up(&platform.gateway(), SCARCE, scarce)?;
    let (promises, injected) = live_through(platform, events, orders, seed)?;
    println!("  lived through {injected:?} in {} s", began.elapsed().as_secs());

    let truth = if asked {
        Truth::Asked(promises.tries.keys().cloned().collect())
    } else {
        Truth::Postgres
    };
    let opening = [(PLENTY.to_owned(), MUCH), (SCARCE.to_owned(), scarce)];
    let books = Books::at_rest(platform, &truth, opening.into(), REST)?;
    let mut found = books::contradictions(&books);
    found.extend(promises.broken(&books));
    ensure!(
        found.is_empty(),
        "{} contradictions, again perhaps with FDP_SEED={seed}; the first:\n{}",
        found.len(),
        found[..found.len().min(SHOWN)].join("\n")
    );
    let happened = happened(&books, &promises);
    println!("  {happened:?}; at rest after {} s", began.elapsed().as_secs());
    if orders >= FEW {
        let never: Vec<_> = happened.iter().filter(|(_, count)| **count == 0).collect();
        ensure!(
            never.is_empty(),
            "this proves little, for it never happened: {never:?}"
        );
    }
    ensure!(
        promises.purchases.len() as u64 > orders / 3,
        "hardly any order was confirmed, so this proves little"
    );
    platform.all_run()
}

/// Runs buyers and an owner in threads, and injects faults meanwhile.
fn live_through(
    platform: &mut Platform,
    events: &[Event],
    orders: u64,
    seed: u64,
) -> Result<(Promises, BTreeMap<String, u32>)> {
    let mut seeds = Random::new(seed);
    let [of_buyers, of_owner, of_faults] = [(); 3].map(|()| seeds.below(u64::MAX));
    let port = platform.port("gateway").context("there is no gateway")?;
    let patient = || Client::with_timeout(port, TIMEOUT);
    let turnstile = Turnstile::default();
    let (open, closing) = mpsc::channel::<()>();
    let (mut promises, injected) = thread::scope(|scope| -> Result<_> {
        let buyers: Vec<_> = (0..BUYERS)
            .map(|number| Buyer::new(of_buyers, number, patient()))
            .map(|buyer| scope.spawn(|| buyer.shop(&turnstile)))
            .collect();
        let owner = Owner::new(of_owner, patient(), orders / SCARCITY);
        let owner = scope.spawn(move || owner.work(&closing));
        let injected = FaultInjector::new(platform, of_faults, &turnstile).inject(events, orders);
        turnstile.close();
        let mut promises = Promises::default();
        for buyer in buyers {
            promises.merge(buyer.join().ok().context("a buyer panicked")?);
        }
        drop(open);
        promises.merge(owner.join().ok().context("the owner panicked")?);
        Ok((promises, injected?))
    })?;
    orders_succeed_again(&platform.gateway())?;
    promises.tries.insert(AFTERWARDS.to_owned(), 1);
    Ok((promises, injected))
}

fn orders_succeed_again(gateway: &Client) -> Result<()> {
    let body = shop::basket(PLENTY, 1, AFTERWARDS);
    let headers = [("idempotency-key", AFTERWARDS)];
    wait::until("an order to be accepted again", EVENT_TIMEOUT, || {
        let answer = gateway.send("POST", "/orders", &headers, Some(&body))?;
        ensure!([200, 201].contains(&answer.status), "{}", answer.plain);
        Ok(Some(()))
    })
}

/// How often each case occurred that the platform has to handle.
fn happened(books: &Books, promises: &Promises) -> BTreeMap<&'static str, usize> {
    let count = |rows: &[serde_json::Value], field: &str, value: &str| {
        rows.iter().filter(|row| row[field] == value).count()
    };
    let told_twice = books.told.len() - books.history.len().min(books.told.len());
    println!(
        "  {} orders of {} tries, {} confirmed; {told_twice} changes published twice, {} tickets of orders that had \
         ended before",
        books.orders.len(),
        promises.tries.values().sum::<u64>(),
        promises.purchases.len(),
        books
            .tickets
            .iter()
            .filter(|ticket| ticket["notified_at"].is_null())
            .count(),
    );
    BTreeMap::from([
        ("delivered", count(&books.orders, "state", "Delivered")),
        ("cancelled", count(&books.orders, "state", "Cancelled")),
        ("refused by the owner", count(&books.tickets, "state", "Rejected")),
        ("out of stock", count(&books.reservations, "outcome", "Short")),
        (
            "stock given back",
            count(&books.reservations, "outcome", "Returned"),
        ),
        ("payments voided", count(&books.payments, "state", "Voided")),
        ("restocked", books.restocks.len()),
    ])
}
