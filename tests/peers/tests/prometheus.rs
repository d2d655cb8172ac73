//! What promtool says to the rules.

use std::fs;
use std::process::Command;

use anyhow::Result;
use anyhow::ensure;
use serde_json::{Value, json};

use crate::world::{Verdict, World, label, verdict};

/// The group of the Prometheus operator's kinds.
pub(crate) const GROUP: &str = "monitoring.coreos.com";

pub(crate) fn promtool_finds_nothing_wrong(world: &World) -> Result<()> {
    for example in &world.examples {
        for rules in example.of_group(GROUP) {
            if rules
                .types
                .as_ref()
                .is_some_and(|types| types.kind == "PrometheusRule")
            {
                let verdict = check(&rules.data["spec"])?;
                ensure!(
                    verdict.content,
                    "{}: {}:\n{}",
                    example.name,
                    label(rules),
                    verdict.said
                );
            }
        }
    }
    Ok(())
}

pub(crate) fn promtool_finds_a_misspelt_expression(_: &World) -> Result<()> {
    let rule = |expression: &str| json!({"groups": [{"name": "group", "rules": [{"alert": "Down", "expr": expression, "for": "5m"}]}]});
    let right = check(&rule("sum(up) == 0"))?;
    ensure!(right.content, "it said: {}", right.said);
    let wrong = check(&rule("summ(up) == 0"))?;
    ensure!(
        !wrong.content && wrong.said.contains("summ"),
        "it said: {}",
        wrong.said
    );
    Ok(())
}

/// Rules in a resource are what they are in a file, and JSON is YAML.
fn check(rules: &Value) -> Result<Verdict> {
    let file = tempfile::Builder::new().suffix(".yaml").tempfile()?;
    fs::write(file.path(), rules.to_string())?;
    verdict(
        Command::new(fdp_peers::program("promtool")?)
            .args(["check", "rules", "--lint=all", "--lint-fatal"])
            .arg(file.path()),
    )
}
