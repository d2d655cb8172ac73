//! Tests that time only passes for waiting tasks, and that a process is killed at the given step.

use super::*;

fn engine() -> Engine {
    Engine::new(Random::new(1), true)
}

#[test]
fn time_passes_only_for_those_who_wait_and_in_their_order() {
    let engine = engine();
    for (name, seconds) in [("second", 2), ("first", 1)] {
        let inner = engine.clone();
        engine.spawn(OUTSIDE, async move {
            inner.sleep(Duration::from_secs(seconds)).await;
            inner.note(|| name.to_owned());
        });
    }
    engine.run_until(Duration::from_secs(5), |_| {});
    let words: Vec<String> = engine
        .take_trace()
        .iter()
        .map(|line| line.trim().to_owned())
        .collect();
    assert_eq!(words, ["1.000000  first", "2.000000  second"]);
    assert_eq!(engine.now(), Duration::from_secs(5));
}

#[test]
fn a_process_dies_after_its_steps_wherever_it_waits_and_others_live_on() {
    let engine = engine();
    for process in [0, 1] {
        let inner = engine.clone();
        engine.spawn(process, async move {
            for step in 0..3 {
                inner.sleep(Duration::from_millis(1)).await;
                inner.note(|| format!("process {process} step {step}"));
            }
        });
    }
    engine.kill_after(0, 2);
    let mut died = Vec::new();
    engine.run_until(Duration::from_secs(1), |process| died.push(process));
    let trace = engine.take_trace();
    let steps = |process: &str| trace.iter().filter(|line| line.contains(process)).count();
    assert_eq!((died, steps("process 0"), steps("process 1")), (vec![0], 1, 3));
}

#[test]
fn what_takes_too_long_is_given_up() {
    let engine = engine();
    let inner = engine.clone();
    engine.spawn(OUTSIDE, async move {
        let slow = inner.sleep(Duration::from_secs(9));
        let quick = inner.sleep(Duration::from_millis(1));
        let slow = inner.within(Duration::from_secs(1), slow).await;
        let quick = inner.within(Duration::from_secs(1), quick).await;
        inner.note(|| format!("{slow:?} {quick:?}"));
    });
    engine.run_until(Duration::from_secs(20), |_| {});
    assert_eq!(engine.take_trace()[0].trim(), "1.000000  None Some(())");
}

#[test]
fn a_signal_wakes_who_waits_and_is_remembered_for_who_comes_late() {
    let engine = engine();
    let signal = Signal::default();
    let (inner, waiting) = (engine.clone(), signal.clone());
    engine.spawn(OUTSIDE, async move {
        waiting.wait().await;
        inner.note(|| "woken".into());
        inner.sleep(Duration::from_secs(1)).await;
        waiting.wait().await;
        inner.note(|| "remembered".into());
    });
    engine.run_until(Duration::from_millis(1), |_| {});
    signal.raise();
    engine.run_until(Duration::from_millis(2), |_| {});
    signal.raise();
    engine.run_until(Duration::from_secs(3), |_| {});
    assert_eq!(engine.take_trace().len(), 2);
}
