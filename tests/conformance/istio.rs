//! Tests that istioctl finds no problems in the objects.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use crate::world::{Outcome, World, outcome};

/// The suffix of all of Istio's groups.
pub(crate) const GROUP: &str = "istio.io";

/// A message for every `EnvoyFilter`, whatever its content.
const OF_EVERY_ENVOY_FILTER: &str = "EnvoyFilter exposes internal implementation details";

const NOWHERE: &str = "\
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: lost, namespace: default}
spec:
  hosts: [somewhere]
  http:
  - route:
    - destination: {host: somewhere, subset: nowhere}
";

const SENSELESS: &str = "\
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: senseless, namespace: default}
spec:
  hosts: [somewhere]
  http:
  - route:
    - destination: {host: somewhere}
      weight: -1
";

pub(crate) fn istioctl_finds_nothing_wrong(world: &World) -> Result<()> {
    for example in &world.examples {
        let mut own = String::new();
        for object in example.of_group(GROUP) {
            own.push_str("---\n");
            own.push_str(&serde_saphyr::to_string(object)?);
        }
        if own.is_empty() {
            continue;
        }
        let validated = validate(&own)?;
        ensure!(validated.succeeded, "{}:\n{}", example.name, validated.output);
        let findings = findings(&example.yaml)?;
        ensure!(findings.is_empty(), "{}:\n{}", example.name, findings.join("\n"));
    }
    Ok(())
}

pub(crate) fn istioctl_finds_a_route_that_leads_nowhere(_: &World) -> Result<()> {
    let findings = findings(NOWHERE)?;
    ensure!(
        findings.iter().any(|finding| finding.contains("nowhere")),
        "it found {findings:?}"
    );
    let validated = validate(SENSELESS)?;
    ensure!(
        !validated.succeeded && validated.output.contains("weight"),
        "it said: {}",
        validated.output
    );
    Ok(())
}

fn validate(yaml: &str) -> Result<Outcome> {
    let directory = tempfile::tempdir()?;
    let file = directory.path().join("objects.yaml");
    fs::write(&file, yaml)?;
    outcome(istioctl(directory.path())?.args(["validate", "-f"]).arg(&file))
}

/// The messages of its analysis of all objects together. Without `-A` it only analyses one namespace, and ignores
/// problems in the others.
fn findings(yaml: &str) -> Result<Vec<String>> {
    let directory = tempfile::tempdir()?;
    let file = directory.path().join("objects.yaml");
    fs::write(&file, yaml)?;
    let output = istioctl(directory.path())?
        .args(["analyze", "-A", "--use-kube=false", "-o", "json"])
        .arg(&file)
        .output()
        .context("start istioctl")?;
    let said = String::from_utf8_lossy(&output.stderr);
    let found: Value = serde_json::from_slice(&output.stdout)
        .with_context(|| format!("istioctl analyze ended with {} and said: {said}", output.status))?;
    let found = found.as_array().context("its answer is no list")?;
    // It skips kinds that are not its own, and objects that it cannot parse; with this output format it reports
    // neither as an error.
    let unread = said
        .lines()
        .filter(|line| line.contains(GROUP))
        .map(str::to_owned);
    Ok(found
        .iter()
        .map(|finding| format!("{} {} {}", finding["code"], finding["origin"], finding["message"]))
        .filter(|finding| !finding.contains(OF_EVERY_ENVOY_FILTER))
        .chain(unread)
        .collect())
}

/// It must not use a cluster, nor settings in the user's home.
fn istioctl(directory: &Path) -> Result<Command> {
    let mut command = Command::new(fdp_programs::program("istioctl")?);
    command
        .env("KUBECONFIG", directory.join("none"))
        .env("HOME", directory)
        .current_dir(directory);
    Ok(command)
}
