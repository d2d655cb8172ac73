//! What istioctl says to the objects.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use crate::world::{Outcome, World, outcome};

/// What all of Istio's groups end with.
pub(crate) const GROUP: &str = "istio.io";

/// What it says of every `EnvoyFilter`, whatever is in it.
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

/// What it finds when it looks at all objects together. Without `-A` it looks at one namespace, and is content with
/// whatever is in another.
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
    // Kinds that are not its own it does not know, and what it can't read it leaves out; in this format it calls
    // neither a failure.
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

/// It must not look for a cluster, nor for settings in the user's home.
fn istioctl(directory: &Path) -> Result<Command> {
    let mut command = Command::new(fdp_programs::program("istioctl")?);
    command
        .env("KUBECONFIG", directory.join("none"))
        .env("HOME", directory)
        .current_dir(directory);
    Ok(command)
}
