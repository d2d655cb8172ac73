//! Measures ratios between programs in one run on one machine, and prints each with its target.
//!
//! Absolute times depend on the machine more than on the program; a ratio of two measurements in sequence, on one
//! server, with the same number of clients, says something about the program. Load, services, broker and databases
//! share the processors. `FDP_BENCH_SECONDS` shortens every measurement; arguments (`1 3`) select some of them, `compare`
//! sets the operator of the last release beside this one, `cluster` measures the platform that `make up` has started, and
//! `beside` sets the same programs as bare processes beside it.

mod beside;
mod cluster;
mod gateway;
mod load;
mod machine;
mod operator;
mod pgbench;
mod programs;
mod propagation;
mod report;
mod simulation;
mod slow_pay;
mod throttling;
mod throughput;

use anyhow::{Context, Result};
use fdp_test_services::{Platform, Settings};
use std::time::Duration;

const CLIENTS: u32 = 16;
const SECONDS: u64 = 30;
const SLOW_PAY_SECONDS: u64 = 60;
/// The duration of each of several rounds.
const GATEWAY_SECONDS: u64 = 5;
const SIMULATION_SECONDS: u64 = 60;
/// The services with an autopilot for owners and riders.
const ACTORS: [&str; 2] = ["store", "delivery"];

fn main() -> Result<()> {
    let chosen: Vec<String> = std::env::args().skip(1).collect();
    if chosen == ["compare"] {
        report::heading(
            "The operators of the last release and of this checkout on a real API server without nodes",
        );
        return operator::compare();
    }
    let wanted = |number: &str| chosen.is_empty() || chosen.iter().any(|argument| argument == number);
    let shorter = std::env::var("FDP_BENCH_SECONDS")
        .ok()
        .map(|text| {
            text.parse()
                .context("FDP_BENCH_SECONDS is not a number of seconds")
        })
        .transpose()?;
    let seconds = |usual: u64| Duration::from_secs(shorter.unwrap_or(usual));
    if chosen == ["cluster"] {
        return cluster::measure(seconds(SLOW_PAY_SECONDS));
    }
    if chosen == ["beside"] {
        return beside::measure(seconds(SLOW_PAY_SECONDS), || platform(true));
    }

    if wanted("1") {
        let duration = seconds(SECONDS);
        let mut platform = platform(false)?;
        report::heading(&format!(
            "The same PostgreSQL, fsync on, {CLIENTS} clients, {} s",
            duration.as_secs()
        ));
        let inserts = pgbench::inserts_per_second(&mut platform, CLIENTS, duration.as_secs())?;
        report::figure("single-row inserts (pgbench)", inserts, "/s");
        report::heading(
            "1. Orders through gateway, order and pay; every consumer keeps up, nobody cooks yet",
        );
        throughput::measure(&mut platform, inserts, CLIENTS, duration)?;
        platform.all_run()?;
    }
    if wanted("2") {
        report::heading("2. The gateway and Envoy before the same service");
        gateway::measure(seconds(GATEWAY_SECONDS))?;
    }
    if wanted("3") || wanted("4") {
        let mut platform = platform(true)?;
        if wanted("3") {
            report::heading("3. From an order's change to the view, 200 orders per second, all delivered");
            propagation::measure(&mut platform, seconds(SECONDS))?;
        }
        if wanted("4") {
            report::heading("4. Pay takes 400 to 620 ms, 100 users");
            slow_pay::measure(&mut platform, seconds(SLOW_PAY_SECONDS))?;
        }
        platform.all_run()?;
    }
    if wanted("5") {
        report::heading("5. The order saga simulated: whole histories, each with its faults, on 2 cores");
        simulation::measure(seconds(SIMULATION_SECONDS))?;
    }
    if wanted("6") {
        report::heading("6. The operator on a real API server without nodes");
        operator::measure()?;
    }
    Ok(())
}

/// A new platform, with or without these autopilots.
fn platform(act: bool) -> Result<Platform> {
    let acting = |service: &str| (service.to_owned(), "AUTOPILOT".to_owned(), act.to_string());
    Platform::start_with(Settings {
        environment: ACTORS.map(acting).to_vec(),
        postgres: vec![propagation::POSTGRES_SETTING.to_owned()],
    })
}
