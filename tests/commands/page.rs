//! Renders the page of the manual from the table.

use std::fmt::Write as _;

use crate::{
    table::{TRIALS, Trial, Tried},
    told_table::TOLD,
};

pub(crate) const PATH: &str = "docs/compatibility.md";

const INTRODUCTION: &str = "\
<!-- Generated from tests/commands/table.rs: UPDATE_DOCS=1 cargo test --workspace --test commands -->

# What was tried with what

Commands, scripts and files that the operator gives to programs of others, and how they were tried. The list is complete
for everything in `examples/`: a test compares it with what is rendered.

- **real**: the program itself ran it, in the version named here.
- **stand-in**: a program of ours, written from the vendor's text, took the other side.
- **only read**: nothing here can run it; it was compared with what the vendor documents. Tests named there read it too.

Resources for other operators (Istio, Strimzi, CloudNativePG, ECK, prometheus-operator) are in `testing.md`. So is what
speaks MongoDB's protocol: orders were kept in mongo-java-server 1.47 and FerretDB 1.24, never in MongoDB itself. FerretDB 1 is
not for orders outside of tests: it loses one of two changes at once, and its package signs nobody in.

*When* is the day of the run after which a row was last written: the tests that it names run again with every change.

| part | what | how | by | tests | not seen | when |
|---|---|---|---|---|---|---|
";

const OF_COMMANDS: &str = "
## Commands that people are told to copy

By conditions, by error messages of `fdp`, and by `troubleshooting.md`: the list is complete for the sources of the operator and for
what the conditions of each reason say. Whatever changes an object of somebody's is sent as a dry run, in which the API server does
everything but store it.

| told by | command | how | by | tests | not seen | when |
|---|---|---|---|---|---|---|
";

/// The day of a row that nobody has written yet.
pub(crate) const NEVER: &str = "not yet";

impl Tried {
    fn words(self) -> &'static str {
        match self {
            Self::Real => "real",
            Self::StandIn => "stand-in",
            Self::Read => "only read",
        }
    }
}

/// The page. A row that the former one has keeps its day, any other was written `today`.
pub(crate) fn page(former: &str, today: &str) -> String {
    let mut text = String::new();
    for (head, trials) in [(INTRODUCTION, TRIALS), (OF_COMMANDS, TOLD)] {
        text.push_str(head);
        for trial in trials {
            writeln!(text, "{}", dated(&row(trial), former, today)).unwrap();
        }
    }
    text
}

fn dated(row: &str, former: &str, today: &str) -> String {
    let day = former
        .lines()
        .find_map(|line| line.strip_prefix(row)?.strip_suffix(" |"))
        .map_or(today, str::trim);
    format!("{row} {day} |")
}

fn row(trial: &Trial) -> String {
    let Trial { part, by, unseen, .. } = trial;
    let items: Vec<String> = trial
        .items
        .iter()
        .map(|item| match item.strip_prefix("file ") {
            Some(file) => format!("`{file}`"),
            None => (*item).to_owned(),
        })
        .collect();
    let tests: Vec<String> = trial
        .tests
        .iter()
        .map(|test| format!("`{}`", test.function))
        .collect();
    format!(
        "| {part} | {} | {} | {by} | {} | {unseen} |",
        items.join(", "),
        trial.tried.words(),
        tests.join(", ")
    )
}
