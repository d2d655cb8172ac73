//! Runs many histories in parallel, each with another seed.

use crate::bug::Bug;
use crate::fault_injector::FaultCounts;
use crate::history::{self, Ended};
use crate::plan::Plan;
use crate::shrink::shrink;
use clap::ValueEnum as _;
use std::fmt;
use std::num::NonZeroUsize;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// The histories to run.
#[derive(Debug, Clone, Copy)]
pub struct Run {
    /// The seed of the first; the others follow it.
    pub first_seed: u64,
    /// The maximum number.
    pub histories: u64,
    /// After this time no further history is started.
    pub most_time: Duration,
    /// The maximum number of cores.
    pub most_cores: usize,
    /// A bug that is planted in all of them.
    pub bug: Option<Bug>,
}

/// The combined result.
#[derive(Debug, Clone)]
pub struct Sum {
    /// The number of histories.
    pub histories: u64,
    /// How their orders ended.
    pub ended: Ended,
    /// How often each kind of fault had an effect.
    pub fault_counts: FaultCounts,
    /// The duration.
    pub took: Duration,
    /// The seed of the first that failed, and its violations.
    pub failure: Option<(u64, Vec<String>)>,
}

impl Run {
    /// Runs them in parallel, until the first that fails.
    pub fn run(self) -> Sum {
        let begun = Instant::now();
        let next = AtomicU64::new(0);
        let sum = Mutex::new(Sum {
            histories: 0,
            ended: Ended::default(),
            fault_counts: FaultCounts::default(),
            took: Duration::ZERO,
            failure: None,
        });
        thread::scope(|scope| {
            let cores = thread::available_parallelism().map_or(1, NonZeroUsize::get);
            for _ in 0..cores.min(self.most_cores) {
                scope.spawn(|| {
                    loop {
                        let number = next.fetch_add(1, Ordering::Relaxed);
                        if number >= self.histories || begun.elapsed() > self.most_time {
                            return;
                        }
                        let seed = self.first_seed.wrapping_add(number);
                        let outcome = history::run(Plan::of(seed), self.bug, false);
                        let mut sum = crate::engine::lock(&sum);
                        sum.histories += 1;
                        sum.ended += outcome.ended;
                        for (kind, times) in outcome.fault_counts {
                            *sum.fault_counts.entry(kind).or_default() += times;
                        }
                        if !outcome.contradictions.is_empty() {
                            let earlier = sum.failure.as_ref().is_none_or(|(other, _)| seed < *other);
                            if earlier {
                                sum.failure = Some((seed, outcome.contradictions));
                            }
                            // Histories in progress are finished, and no other is started.
                            next.store(self.histories, Ordering::Relaxed);
                            return;
                        }
                    }
                });
            }
        });
        let mut sum = crate::engine::lock(&sum).clone();
        sum.took = begun.elapsed();
        sum
    }
}

impl Sum {
    /// Histories per minute.
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    pub fn per_minute(&self) -> f64 {
        self.histories as f64 * 60.0 / self.took.as_secs_f64()
    }
}

impl fmt::Display for Sum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (histories, seconds, rate) = (self.histories, self.took.as_secs_f64(), self.per_minute());
        let Ended {
            delivered,
            cancelled,
            rejected,
        } = self.ended;
        write!(
            f,
            "{histories} histories in {seconds:.1} s ({rate:.0} a minute); of their orders {delivered} were delivered, \
             {cancelled} cancelled, {rejected} rejected; faults made a difference: {:?}",
            self.fault_counts
        )
    }
}

/// The violations, the smallest plan that still fails, and the command that repeats it.
pub fn explain(seed: u64, contradictions: &[String], bug: Option<Bug>) -> String {
    let smallest = shrink(&Plan::of(seed), bug);
    let numbers = |numbers: Vec<String>| {
        if numbers.is_empty() {
            "none".to_owned()
        } else {
            numbers.join(",")
        }
    };
    let purchases = numbers(smallest.purchases.keys().map(ToString::to_string).collect());
    let faults = numbers(smallest.faults.keys().map(ToString::to_string).collect());
    let mistake = bug.and_then(|bug| {
        let name = bug.to_possible_value()?;
        Some(format!(" --mistake {}", name.get_name()))
    });
    let command = format!(
        "cargo run -p fdp-simulation -- --seed {seed}{}",
        mistake.unwrap_or_default()
    );
    format!(
        "the history of seed {seed} goes wrong: {}\nsee it again, all of it or only what it takes:\n  \
         {command}\n  {command} --purchases {purchases} --faults {faults} --chances {}",
        contradictions.join("; "),
        smallest.chances
    )
}
