//! Tests that every history of the order saga satisfies the guarantees, and that a seed repeats its history exactly.

use fdp_simulation::history;
use fdp_simulation::many::{Run, explain};
use fdp_simulation::plan::{Kind, Plan};
use std::io::Write as _;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// `make bench` shows how many run per minute; here the machine may be busy with other tests.
const HISTORIES: u64 = 10_000;

/// Prints even when the test passes, which `println!` in a test does not.
fn say(words: &str) {
    let _ = writeln!(std::io::stderr(), "{words}");
}

fn number(variable: &str) -> Result<Option<u64>, String> {
    let Ok(text) = std::env::var(variable) else {
        return Ok(None);
    };
    let number = text.parse();
    number
        .map(Some)
        .map_err(|_| format!("{variable} is '{text}', and has to be a whole number"))
}

#[test]
fn whatever_breaks_every_order_is_paid_and_delivered_or_given_back_and_all_services_agree() {
    let fresh = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis();
    let first_seed = number("FDP_SEED")
        .unwrap()
        .unwrap_or(u64::try_from(fresh).unwrap());
    let run = Run {
        first_seed,
        histories: number("FDP_HISTORIES").unwrap().unwrap_or(HISTORIES),
        most_time: Duration::MAX,
        most_cores: usize::MAX,
        bug: None,
    };
    say(&format!(
        "histories from seed {first_seed} on (FDP_SEED repeats it)"
    ));
    let sum = run.run();
    say(&sum.to_string());
    if let Some((seed, contradictions)) = sum.failure {
        panic!("{}", explain(seed, &contradictions, None));
    }
    assert_eq!(sum.histories, run.histories);
    // The result says nothing about an outcome that never occurs.
    let all = sum.ended.delivered + sum.ended.cancelled + sum.ended.rejected;
    for (way, count) in [
        ("delivered", sum.ended.delivered),
        ("cancelled", sum.ended.cancelled),
        ("rejected", sum.ended.rejected),
    ] {
        assert!(count * 20 > all, "of {all} orders only {count} were {way}");
    }
    // The same holds for faults without an effect. A few histories need not have all of them.
    if sum.histories >= HISTORIES {
        for kind in Kind::ALL {
            assert!(
                sum.fault_counts.contains_key(&kind),
                "{kind:?} made no difference in any history"
            );
        }
    }
}

#[test]
fn a_seed_repeats_its_history_to_the_letter_and_another_seed_has_another() {
    for seed in 0..50 {
        let (once, again) = (
            history::run(Plan::of(seed), None, true),
            history::run(Plan::of(seed), None, true),
        );
        let differs = once
            .lines
            .iter()
            .zip(&again.lines)
            .find(|(one, other)| one != other);
        assert_eq!(differs, None, "seed {seed}");
        assert_eq!(once, again, "seed {seed}");
        assert!(once.lines.len() > 30, "{:?}", once.lines);
        let other = history::run(Plan::of(seed + 1_000), None, true);
        assert_ne!(once.lines, other.lines);
    }
}
