//! Reduces a failing history to the purchases and faults that are necessary for the failure.

use crate::bug::Bug;
use crate::history;
use crate::plan::Plan;
use std::collections::BTreeSet;

/// The number of variants in which a smaller plan is tried.
const RUNS: u64 = 24;

/// The smallest plan that still fails, found by omitting one purchase or fault at a time.
pub fn shrink(plan: &Plan, bug: Option<Bug>) -> Plan {
    let mut smallest = plan.clone();
    while let Some(smaller) = one_less(&smallest)
        .iter()
        .find_map(|plan| that_goes_wrong(plan, bug))
    {
        smallest = smaller;
    }
    smallest
}

fn that_goes_wrong(plan: &Plan, bug: Option<Bug>) -> Option<Plan> {
    let mut runs = (0..RUNS).map(|chances| Plan {
        chances,
        ..plan.clone()
    });
    runs.find(|plan| !history::run(plan.clone(), bug, false).contradictions.is_empty())
}

/// All plans with one fault or one purchase less.
fn one_less(plan: &Plan) -> Vec<Plan> {
    let purchases: BTreeSet<usize> = plan.purchases.keys().copied().collect();
    let faults: BTreeSet<usize> = plan.faults.keys().copied().collect();
    let without = |all: &BTreeSet<usize>, one: usize| all.iter().copied().filter(|it| *it != one).collect();
    let fewer_faults = faults
        .iter()
        .map(|fault| plan.cut_to(&purchases, &without(&faults, *fault)));
    let fewer_purchases = purchases
        .iter()
        .map(|purchase| plan.cut_to(&without(&purchases, *purchase), &faults));
    fewer_faults.chain(fewer_purchases).collect()
}
