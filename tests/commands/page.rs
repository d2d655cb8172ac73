//! Renders the page of the manual from the table.

use std::fmt::Write as _;

use crate::table::{TRIALS, Trial, Tried};

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

| part | what | how | by | tests | not seen |
|---|---|---|---|---|---|
";

impl Tried {
    fn words(self) -> &'static str {
        match self {
            Self::Real => "real",
            Self::StandIn => "stand-in",
            Self::Read => "only read",
        }
    }
}

pub(crate) fn page() -> String {
    let mut text = INTRODUCTION.to_owned();
    for trial in TRIALS {
        writeln!(text, "{}", row(trial)).unwrap();
    }
    text
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
