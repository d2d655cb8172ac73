//! Shows one history of the order saga in readable lines, or runs many and reports the first that fails.

use anyhow::{Result, bail};
use clap::Parser;
use fdp_simulation::bug::Bug;
use fdp_simulation::history;
use fdp_simulation::many::{Run, explain};
use fdp_simulation::plan::Plan;
use std::collections::BTreeSet;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The order saga with simulated time, network, databases and broker.
#[derive(Parser)]
struct Options {
    /// Show the history of this seed.
    #[arg(long, env = "FDP_SEED")]
    seed: Option<u64>,
    /// Only with these purchases, by number, separated by commas; "none" for none.
    #[arg(long, requires = "seed")]
    purchases: Option<String>,
    /// Only with these faults.
    #[arg(long, requires = "seed")]
    faults: Option<String>,
    /// The variant of the random details.
    #[arg(long, requires = "seed", default_value_t)]
    chances: u64,
    /// With this planted bug.
    #[arg(long, value_enum)]
    mistake: Option<Bug>,
    /// Run this number of histories instead, beginning with the seed, or a new one.
    #[arg(long, env = "FDP_HISTORIES")]
    histories: Option<u64>,
}

fn main() -> Result<()> {
    let options = Options::parse();
    match (options.histories, options.seed) {
        (None, Some(seed)) => {
            let whole = Plan::of(seed);
            let purchases = chosen(options.purchases.as_deref(), whole.purchases.keys().copied())?;
            let faults = chosen(options.faults.as_deref(), whole.faults.keys().copied())?;
            show(
                Plan {
                    chances: options.chances,
                    ..whole.cut_to(&purchases, &faults)
                },
                options.mistake,
            )
        }
        (histories, seed) => {
            let fresh = || {
                SystemTime::now()
                    .duration_since(UNIX_EPOCH)
                    .map(|since| since.as_secs())
            };
            let first_seed = seed.map_or_else(fresh, Ok)?;
            many(first_seed, histories.unwrap_or(10_000), options.mistake)
        }
    }
}

fn show(plan: Plan, mistake: Option<Bug>) -> Result<()> {
    println!("seed {}:", plan.seed);
    for (number, purchase) in &plan.purchases {
        println!("  customer {number} {purchase}");
    }
    for (number, fault) in &plan.faults {
        println!("  fault {number} {fault}");
    }
    let outcome = history::run(plan, mistake, true);
    for line in &outcome.lines {
        println!("{line}");
    }
    println!("{:?} after {} steps", outcome.ended, outcome.steps);
    if !outcome.contradictions.is_empty() {
        bail!("it went wrong: {}", outcome.contradictions.join("; "));
    }
    Ok(())
}

fn chosen(numbers: Option<&str>, all: impl Iterator<Item = usize>) -> Result<BTreeSet<usize>> {
    match numbers {
        None => Ok(all.collect()),
        Some("none") => Ok(BTreeSet::new()),
        Some(numbers) => Ok(numbers
            .split(',')
            .map(|number| number.trim().parse())
            .collect::<Result<_, _>>()?),
    }
}

fn many(first_seed: u64, histories: u64, mistake: Option<Bug>) -> Result<()> {
    println!("{histories} histories from seed {first_seed}");
    let run = Run {
        first_seed,
        histories,
        most_time: Duration::MAX,
        most_cores: usize::MAX,
        bug: mistake,
    };
    let sum = run.run();
    println!("{sum}");
    if let Some((seed, contradictions)) = sum.failure {
        bail!("{}", explain(seed, &contradictions, mistake));
    }
    Ok(())
}
