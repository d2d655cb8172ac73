//! Every process is killed in turn, and in the end all together, while customers order and cancel.

mod aftermath;
mod customers;
mod turnstile;

use crate::shop::{self, NEWS};
use anyhow::{Context, Result};
use customers::{Customer, Receipts};
use fdp_saga::services::NAMES;
use fdp_saga::{Platform, Random, random, wait};
use std::thread;
use turnstile::Turnstile;

const PRODUCT: &str = "7001";
const STOCK: u64 = 100_000;
const CUSTOMERS: u64 = 4;
/// Orders that are tried around each crash: up to its moment, while it lasts, and after.
const BEFORE: u64 = 8;
const MEANWHILE: u64 = 4;
const AFTER: u64 = 4;
/// A server goes, and a little later everything else: then services die with work in hand that they could
/// not finish (events without a database, or without a broker).
const FIRST_POSTGRES: &str = "postgres and then everything";
const FIRST_KAFKA: &str = "kafka and then everything";
/// Who orders to see whether orders succeed again.
const AFTERWARDS: &str = "chaos-afterwards";

pub(crate) fn everything_crashes_in_turn(platform: &mut Platform) -> Result<()> {
    let seed = random::seed()?;
    println!("  FDP_SEED={seed}");
    let mut random = Random::new(seed);
    shop::stock_up(&platform.gateway(), PRODUCT, STOCK)?;
    let mut victims = NAMES.to_vec();
    victims.extend(["postgres", "kafka"]);
    random.shuffle(&mut victims);
    victims.extend([FIRST_POSTGRES, FIRST_KAFKA]);
    let buried = aftermath::dead_letters(platform)?;

    let turnstile = Turnstile::default();
    let receipts = thread::scope(|scope| -> Result<Vec<Receipts>> {
        let shopping: Vec<_> = (0..CUSTOMERS)
            .map(|number| Customer::new(seed, number, platform.gateway()))
            .map(|customer| scope.spawn(|| customer.shop(&turnstile)))
            .collect();
        let crashed = victims
            .iter()
            .try_for_each(|victim| crash_under_load(platform, victim, &mut random, &turnstile));
        turnstile.close();
        let receipts = shopping
            .into_iter()
            .map(|customer| customer.join().ok().context("a customer panicked"))
            .collect();
        crashed.and(receipts)
    })?;
    aftermath::check(platform, &receipts, buried)
}

/// Kills `victim` with orders under way, and brings it back after some more were tried.
fn crash_under_load(
    platform: &mut Platform,
    victim: &str,
    random: &mut Random,
    turnstile: &Turnstile,
) -> Result<()> {
    turnstile.let_in(BEFORE);
    turnstile.wait_passed(1 + random.below(BEFORE - 1))?;
    crash(platform, victim).with_context(|| format!("crashing {victim}"))?;
    turnstile.let_in(MEANWHILE);
    turnstile.wait_passed(1 + random.below(MEANWHILE))?;
    bring_back(platform, victim).with_context(|| format!("bringing back {victim}"))?;
    turnstile.wait_empty()?;
    orders_succeed_again(platform).with_context(|| format!("after {victim} came back"))?;
    turnstile.let_in(AFTER);
    turnstile.wait_empty()
}

fn crash(platform: &mut Platform, victim: &str) -> Result<()> {
    match victim {
        "postgres" | FIRST_POSTGRES => platform.postgres().crash(),
        "kafka" | FIRST_KAFKA => platform.kafka().crash(),
        service => platform.crash_service(service),
    }
}

fn bring_back(platform: &mut Platform, victim: &str) -> Result<()> {
    match victim {
        "postgres" => {
            platform.postgres().start()?;
            platform.postgres().wait_ready()
        }
        "kafka" => {
            platform.kafka().start()?;
            platform.kafka().wait_ready()
        }
        FIRST_POSTGRES | FIRST_KAFKA => {
            let rest = if victim == FIRST_POSTGRES {
                "kafka"
            } else {
                "postgres"
            };
            for name in NAMES {
                platform.crash_service(name)?;
            }
            crash(platform, rest)?;
            // The services first: they have to wait for what they need.
            for name in NAMES {
                platform.start_service(name)?;
            }
            bring_back(platform, "kafka")?;
            bring_back(platform, "postgres")?;
            NAMES.iter().try_for_each(|name| platform.wait_ready(name))
        }
        service => {
            platform.start_service(service)?;
            platform.wait_ready(service)
        }
    }
}

fn orders_succeed_again(platform: &Platform) -> Result<()> {
    let gateway = platform.gateway();
    let body = shop::basket(PRODUCT, 1, AFTERWARDS);
    wait::until("an order to be accepted again", NEWS, || {
        shop::place(&gateway, &body).map(Some)
    })
    .map(|_| ())
}
