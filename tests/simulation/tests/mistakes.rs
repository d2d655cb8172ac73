//! Tests that the simulation finds planted bugs and reduces their histories, because otherwise its success would
//! prove nothing.

use fdp_simulation::bug::Bug;
use fdp_simulation::history;
use fdp_simulation::many::explain;
use fdp_simulation::plan::{Kind, Plan};
use fdp_simulation::shrink::shrink;

/// Runs histories with the bug until one fails with this text, and succeeds without the bug.
fn is_found(bug: Bug, words: &str) -> Result<(), String> {
    find(bug, words).map(drop)
}

/// The same for a bug that only this kind of fault reveals.
fn is_found_by(bug: Bug, fault: Kind, words: &str) -> Result<(), String> {
    let smallest = shrink(&Plan::of(find(bug, words)?), Some(bug));
    let takes: Vec<Kind> = smallest.faults.values().map(|fault| fault.kind.kind()).collect();
    if takes == [fault] {
        Ok(())
    } else {
        Err(format!("{bug:?} takes {takes:?} to be seen"))
    }
}

/// The seed of the first history that fails with this text, and succeeds without the bug.
fn find(bug: Bug, words: &str) -> Result<u64, String> {
    let told = |seed| history::run(Plan::of(seed), Some(bug), false).contradictions;
    let (seed, contradictions) = (1..10_000)
        .map(|seed| (seed, told(seed)))
        .find(|(_, told)| told.iter().any(|contradiction| contradiction.contains(words)))
        .ok_or_else(|| format!("{bug:?} was not found"))?;
    let healthy = history::run(Plan::of(seed), None, false);
    println!("{bug:?}: {}", explain(seed, &contradictions, Some(bug)));
    match healthy.contradictions.as_slice() {
        [] => Ok(seed),
        found => Err(format!("without the mistake: {}", found.join("; "))),
    }
}

#[test]
fn a_refund_that_is_forgotten_is_found() {
    is_found(Bug::RefundForgotten, "should be Refunded").unwrap();
}

#[test]
fn a_void_that_leaves_no_note_for_the_payment_that_comes_after_it_is_found() {
    is_found(Bug::VoidLeavesNoNote, "does not exist, and is paid").unwrap();
}

#[test]
fn a_settler_that_forgets_an_intent_without_voiding_it_is_found() {
    is_found(Bug::SettlerForgets, "does not exist, and is paid").unwrap();
}

#[test]
fn an_order_that_waits_for_somebody_for_ever_is_found() {
    is_found(Bug::DeadlinesForgotten, "it never comes to rest").unwrap();
}

#[test]
fn an_inbox_that_forgets_is_found() {
    is_found(Bug::InboxForgets, "more than once").unwrap();
}

#[test]
fn a_relay_that_publishes_out_of_order_is_found() {
    is_found(Bug::RelayTurnsAround, "the topic tells the versions").unwrap();
}

#[test]
fn a_rider_who_leaves_with_an_order_that_was_cancelled_is_found() {
    is_found(
        Bug::DepartsWithoutAsking,
        "is Cancelled, but its delivery is Some(Delivered)",
    )
    .unwrap();
}

#[test]
fn a_consumer_that_counts_events_as_read_before_their_effect_is_found() {
    is_found(Bug::ReadBeforeDone, "it never comes to rest").unwrap();
}

#[test]
fn a_relay_that_forgets_events_which_nobody_acknowledged_is_found() {
    is_found_by(
        Bug::RelayForgetsUnacknowledged,
        Kind::LostAcknowledgements,
        "the topic tells the versions",
    )
    .unwrap();
}

#[test]
fn a_lost_answer_of_pays_database_that_is_taken_for_a_refusal_is_found() {
    is_found_by(
        Bug::ErrorMeansRefused,
        Kind::LostCommits,
        "does not exist, and is paid",
    )
    .unwrap();
}

#[test]
fn a_history_that_goes_wrong_is_cut_down_to_what_it_takes() {
    let bug = Some(Bug::RefundForgotten);
    let wrong = (0..1_000)
        .map(Plan::of)
        .find(|plan| {
            plan.purchases.len() > 3 && !history::run(plan.clone(), bug, false).contradictions.is_empty()
        })
        .unwrap();
    let smallest = shrink(&wrong, bug);
    assert_eq!(smallest.purchases.len(), 1, "one order is enough: {smallest:?}");
    assert!(!history::run(smallest, bug, false).contradictions.is_empty());
}
