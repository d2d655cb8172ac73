//! Tests that every emitted item is in the table, that the tests in the table exist, and that the manual matches it.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

use crate::{
    emitted, page,
    table::{TRIALS, Tried},
};

fn listed() -> BTreeMap<String, BTreeSet<String>> {
    let mut listed: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for trial in TRIALS {
        let items = listed.entry(trial.part.to_owned()).or_default();
        for item in trial.items {
            assert!(
                items.insert((*item).to_owned()),
                "{} {item} stands twice",
                trial.part
            );
        }
    }
    listed
}

#[test]
fn what_is_emitted_is_tried_or_listed_as_not_run_and_nothing_else() {
    assert_eq!(
        emitted::items(),
        listed(),
        "left: what the operator emits for the examples, right: tests/commands/table.rs"
    );
}

#[test]
fn what_counts_as_run_names_tests_that_are_there() {
    for trial in TRIALS {
        assert!(
            trial.tried == Tried::Read || !trial.tests.is_empty(),
            "{} {:?} is tried by no test",
            trial.part,
            trial.items
        );
        assert!(
            trial.tried == Tried::Real || !trial.unseen.is_empty(),
            "{} {:?} was not run, but nothing is said to be unseen",
            trial.part,
            trial.items
        );
        for test in trial.tests {
            let source = fs::read_to_string(fdp_checkout::root().join(test.file)).unwrap_or_default();
            assert!(
                source.contains(&format!("fn {}(", test.function)),
                "{} has no function {}",
                test.file,
                test.function
            );
        }
    }
}

#[test]
fn the_manual_has_the_table() {
    let path = fdp_checkout::root().join(page::PATH);
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&path, page::page()).unwrap();
    }
    assert!(
        fs::read_to_string(&path).unwrap_or_default() == page::page(),
        "{} is stale: run `UPDATE_DOCS=1 cargo test --workspace --test commands`",
        page::PATH
    );
}
