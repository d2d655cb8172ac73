//! Helpers for the tests of Helm, Kustomize and Argo CD: their programs, and objects that can be compared.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use fdp_programs::helm::{Helm, chart};
use kube::api::DynamicObject;
use serde_json::Value;

use crate::world::{documents, label, outcome};

/// The namespace of the operator.
pub(crate) const NAMESPACE: &str = "food-delivery-system";

/// Runs Helm and returns its output.
pub(crate) fn run<S: AsRef<std::ffi::OsStr>>(helm: &Helm, arguments: &[S]) -> Result<String> {
    printed(helm.command()?.args(arguments))
}

/// The output of the operator's chart with those arguments.
pub(crate) fn render(helm: &Helm, arguments: &[&str]) -> Result<String> {
    let mut command = helm.command()?;
    command
        .args(["template", "fdp-operator"])
        .arg(chart("fdp-operator"))
        .args(["--namespace", NAMESPACE])
        .args(arguments);
    printed(&mut command)
}

/// Runs `command` and returns its standard output; standard error is only shown if it fails.
pub(crate) fn printed(command: &mut Command) -> Result<String> {
    let output = command
        .output()
        .with_context(|| format!("start {}", command.get_program().display()))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let arguments: Vec<_> = command
        .get_args()
        .map(|argument| argument.display().to_string())
        .collect();
    ensure!(
        output.status.success(),
        "{} {} ended with {}:\n{text}{}",
        command.get_program().display(),
        arguments.join(" "),
        output.status,
        String::from_utf8_lossy(&output.stderr),
    );
    Ok(text)
}

/// The output of Kustomize for a folder.
pub(crate) fn kustomized(mut kubectl: Command, folder: &str) -> Result<String> {
    printed(kubectl.arg("kustomize").arg(fdp_checkout::root().join(folder)))
}

/// The objects of `yaml` by kind and name.
pub(crate) fn by_name(yaml: &str) -> Result<BTreeMap<String, Value>> {
    documents(yaml)?
        .iter()
        .map(|object| Ok((label(object), serde_json::to_value(object)?)))
        .collect()
}

pub(crate) fn objects(yaml: &str) -> Result<Vec<DynamicObject>> {
    let objects = documents(yaml)?;
    ensure!(!objects.is_empty(), "there is no object in:\n{yaml}");
    Ok(objects)
}

/// Where two values differ, and how.
pub(crate) fn differences(path: &str, left: &Value, right: &Value) -> Vec<String> {
    match (left, right) {
        (Value::Object(left), Value::Object(right)) => {
            let keys: BTreeSet<&String> = left.keys().chain(right.keys()).collect();
            keys.into_iter()
                .flat_map(|key| {
                    let of = |map: &serde_json::Map<String, Value>| map.get(key).cloned().unwrap_or_default();
                    differences(&format!("{path}.{key}"), &of(left), &of(right))
                })
                .collect()
        }
        (Value::Array(left), Value::Array(right)) if left.len() == right.len() => left
            .iter()
            .zip(right)
            .enumerate()
            .flat_map(|(index, (left, right))| differences(&format!("{path}[{index}]"), left, right))
            .collect(),
        _ if left == right => Vec::new(),
        _ => vec![format!("{path}: {left} and {right}")],
    }
}

/// The error output of a program that must fail.
pub(crate) fn refusal(command: &mut Command) -> Result<String> {
    let outcome = outcome(command)?;
    ensure!(!outcome.succeeded, "it was not refused: {}", outcome.output);
    Ok(outcome.output)
}
