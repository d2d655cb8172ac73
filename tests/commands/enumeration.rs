//! Tests that every emitted item is in the table, that the tests in the table exist, and that the manual matches it.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    process::Command,
};

use crate::{
    emitted, page,
    table::{TRIALS, Tried},
    told,
    told_table::TOLD,
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
fn every_command_that_people_are_told_is_tried_or_listed_as_not_run() {
    let told = told::commands();
    let listed: BTreeSet<&str> = TOLD.iter().flat_map(|trial| trial.items).copied().collect();
    let missing: Vec<_> = told
        .iter()
        .filter(|(command, _)| !listed.contains(command.as_str()))
        .collect();
    assert!(
        missing.is_empty(),
        "not in tests/commands/told_table.rs: {missing:#?}"
    );
    let gone: Vec<_> = listed
        .iter()
        .filter(|listed| !told.contains_key(**listed))
        .collect();
    assert!(gone.is_empty(), "nobody is told {gone:?}");
}

#[test]
fn the_day_of_a_row_changes_only_with_the_row() {
    let before = page::page("", "2026-01-01");
    assert_eq!(page::page(&before, "2026-02-02"), before);
    let changed = before.replacen("| real |", "| unreal |", 1);
    let after = page::page(&changed, "2026-02-02");
    assert_eq!(after.matches("2026-02-02").count(), 1);
}

#[test]
fn what_counts_as_run_names_tests_that_are_there() {
    for trial in TRIALS.iter().chain(TOLD) {
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
    let former = || fs::read_to_string(&path).unwrap_or_default();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        let today = Command::new("date").arg("+%F").output().unwrap().stdout;
        let today = String::from_utf8(today).unwrap();
        fs::write(&path, page::page(&former(), today.trim())).unwrap();
    }
    assert!(
        former() == page::page(&former(), page::NEVER),
        "{} is stale: run `UPDATE_DOCS=1 cargo test --workspace --test commands`",
        page::PATH
    );
}
