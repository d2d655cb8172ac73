//! Tests that `docs/troubleshooting.md` explains every reason that a condition can have.

#![expect(clippy::unwrap_used, reason = "helpers of tests may fail the test")]

use std::{fmt::Write as _, path::Path};

use fdp_operator::model::reason::Reason;

const INTRODUCTION: &str = "\
<!-- Generated from operator/src/model/reason.rs: UPDATE_DOCS=1 cargo test -p fdp-operator --test troubleshooting -->

# Troubleshooting

`kubectl get fdp -A` shows the reason of the condition Ready, `fdp status NAME` all conditions that are not as they should
be, `kubectl describe fdp NAME` everything, with events. A message names the object that it is about. These are the reasons:

| reason | of the condition | means | what to do |
|---|---|---|---|
";

fn document() -> String {
    let mut text = INTRODUCTION.to_owned();
    for reason in Reason::ALL {
        let explanation = reason.explanation();
        let conditions = explanation.conditions.join(", ");
        let cure = if explanation.cure.is_empty() {
            "nothing"
        } else {
            explanation.cure
        };
        let (name, means) = (reason.as_str(), explanation.means);
        writeln!(text, "| `{name}` | {conditions} | {means} | {cure} |").unwrap();
    }
    text
}

#[test]
fn every_reason_is_explained_in_the_manual() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/troubleshooting.md");
    let document = document();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, &document).unwrap();
    }
    assert!(
        std::fs::read_to_string(&path).unwrap_or_default() == document,
        "docs/troubleshooting.md is stale: run `UPDATE_DOCS=1 cargo test -p fdp-operator --test troubleshooting`"
    );
}

#[test]
fn no_reason_is_explained_that_no_condition_has() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let folders = [
        "plan/conditions",
        "plan/stores",
        "plan/secrets",
        "components/mesh",
        "controller/aws",
    ]
    .map(|folder| std::fs::read_dir(source.join(folder)).unwrap());
    let given: String = folders
        .into_iter()
        .flatten()
        .map(|file| file.unwrap().path())
        .filter(|path| path.is_file())
        .map(|path| std::fs::read_to_string(path).unwrap())
        .collect();
    for reason in Reason::ALL {
        let name = format!("Reason::{}", reason.as_str());
        assert!(given.contains(&name), "{name}");
    }
}

#[test]
fn every_reason_belongs_to_a_condition_and_says_what_it_means() {
    for reason in Reason::ALL {
        let explanation = reason.explanation();
        assert!(!explanation.conditions.is_empty(), "{reason:?}");
        assert!(explanation.means.ends_with('.'), "{reason:?}");
        assert!(
            explanation.cure.is_empty() || explanation.cure.ends_with('.'),
            "{reason:?}"
        );
    }
}
