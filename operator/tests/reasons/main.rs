//! Tests that every reason of a condition is reached by a platform that has its cause, and that the commands which conditions
//! offer then are listed for the test that runs them.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests may fail the test"
)]

mod causes;
mod commands;
#[path = "../support/mod.rs"]
mod support;
mod world;

use std::collections::BTreeMap;

use fdp_operator::model::reason::Reason;

use causes::causes;

#[test]
fn every_reason_is_reached_by_its_cause() {
    for cause in causes() {
        let condition = cause.said();
        assert_eq!(
            (condition.status.as_str(), condition.reason),
            (cause.status, cause.reason),
            "{}: {}",
            cause.condition,
            condition.message
        );
        assert!(!condition.message.is_empty(), "{:?} says nothing", cause.reason);
        assert!(
            condition.message.contains(cause.names),
            "{:?} does not name {}: {}",
            cause.reason,
            cause.names,
            condition.message
        );
    }
}

#[test]
fn no_reason_is_without_a_cause() {
    let reached: Vec<Reason> = causes().iter().map(|cause| cause.reason).collect();
    let missing: Vec<&Reason> = Reason::ALL
        .iter()
        .filter(|reason| !reached.contains(reason))
        .collect();
    assert!(
        missing.is_empty(),
        "add causes for them to causes.rs: {missing:?}"
    );
}

#[test]
fn no_condition_has_a_reason_that_the_manual_does_not_tell_of_it() {
    let mut told: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for cause in causes() {
        for condition in &cause.assessment.conditions {
            let known = condition.reason.explanation().conditions;
            if !known.contains(&condition.type_) {
                told.entry(format!("{:?}", condition.reason))
                    .or_default()
                    .push(condition.type_);
            }
        }
    }
    assert!(told.is_empty(), "{told:?}");
}
