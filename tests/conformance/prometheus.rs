//! Tests that promtool accepts the rules, and that the alerts fire as expected.

use std::fs;
use std::os::unix::fs::symlink;
use std::process::Command;

use anyhow::Result;
use anyhow::ensure;
use kube::api::DynamicObject;
use serde_json::{Value, json};

use crate::world::{Outcome, World, label, outcome};

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
                let outcome = check(&rules.data["spec"])?;
                ensure!(
                    outcome.succeeded,
                    "{}: {}:\n{}",
                    example.name,
                    label(rules),
                    outcome.output
                );
            }
        }
    }
    Ok(())
}

pub(crate) fn promtool_finds_a_misspelt_expression(_: &World) -> Result<()> {
    let rule = |expression: &str| json!({"groups": [{"name": "group", "rules": [{"alert": "Down", "expr": expression, "for": "5m"}]}]});
    let right = check(&rule("sum(up) == 0"))?;
    ensure!(right.succeeded, "it said: {}", right.output);
    let wrong = check(&rule("summ(up) == 0"))?;
    ensure!(
        !wrong.succeeded && wrong.output.contains("summ"),
        "it said: {}",
        wrong.output
    );
    Ok(())
}

/// The alerts in `manifests/alerts/` must fire as their promtool tests say.
pub(crate) fn promtool_sees_alerts_raised_when_they_should_be(_: &World) -> Result<()> {
    let tested = test(&[])?;
    ensure!(tested.succeeded, "it said: {}", tested.output);
    Ok(())
}

pub(crate) fn promtool_misses_an_alert_that_is_not_raised(_: &World) -> Result<()> {
    let tested = test(&[("alert: ServiceDown", "alert: AnotherName")])?;
    ensure!(
        !tested.succeeded && tested.output.contains("ServiceDown"),
        "it said: {}",
        tested.output
    );
    Ok(())
}

/// The configuration contains the paths of the rules in the pod, so they are replaced. The links are those of the
/// kubelet's volumes.
pub(crate) fn promtool_reads_the_files_of_the_managed_prometheus(world: &World) -> Result<()> {
    let mut read = 0;
    for example in &world.examples {
        for config in example.objects.iter().filter(|object| is_of_prometheus(object)) {
            let directory = tempfile::tempdir()?;
            let place = directory.path().to_string_lossy();
            let version = directory.path().join("..2026_11_28");
            fs::create_dir(&version)?;
            symlink("..2026_11_28", directory.path().join("..data"))?;
            for (name, content) in config.data["data"].as_object().into_iter().flatten() {
                let content = content.as_str().unwrap_or_default();
                fs::write(version.join(name), content.replace("/etc/prometheus", &place))?;
                symlink(format!("..data/{name}"), directory.path().join(name))?;
            }
            let outcome = outcome(
                Command::new(fdp_programs::program("promtool")?)
                    .args(["check", "config", "--lint=all", "--lint-fatal"])
                    .arg(directory.path().join("prometheus.yml")),
            )?;
            ensure!(outcome.succeeded, "{}:\n{}", example.name, outcome.output);
            ensure!(
                outcome.output.contains("rules found"),
                "it read no rules: {}",
                outcome.output
            );
            read += 1;
        }
    }
    ensure!(read > 0, "no example has a managed Prometheus");
    Ok(())
}

fn is_of_prometheus(object: &DynamicObject) -> bool {
    label(object).starts_with("ConfigMap ") && !object.data["data"]["prometheus.yml"].is_null()
}

/// Runs the tests of the alerts, with changes to the alerts.
fn test(changes: &[(&str, &str)]) -> Result<Outcome> {
    let alerts = fdp_checkout::root().join("manifests/alerts");
    let directory = tempfile::tempdir()?;
    let mut rules = fs::read_to_string(alerts.join("platform.yaml"))?;
    for (from, to) in changes {
        ensure!(rules.contains(from), "the alerts have no `{from}`");
        rules = rules.replace(from, to);
    }
    // The tests refer to the file of the alerts, which has to be in the same directory.
    fs::write(directory.path().join("platform.yaml"), rules)?;
    let tests = directory.path().join("platform_test.yaml");
    fs::copy(alerts.join("platform_test.yaml"), &tests)?;
    outcome(
        Command::new(fdp_programs::program("promtool")?)
            .args(["test", "rules"])
            .arg(tests),
    )
}

/// The rules in a resource have the same format as in a file, and JSON is valid YAML.
fn check(rules: &Value) -> Result<Outcome> {
    let file = tempfile::Builder::new().suffix(".yaml").tempfile()?;
    fs::write(file.path(), rules.to_string())?;
    outcome(
        Command::new(fdp_programs::program("promtool")?)
            .args(["check", "rules", "--lint=all", "--lint-fatal"])
            .arg(file.path()),
    )
}
