//! Tests the charts: what their values render, and which values they reject.

use std::collections::BTreeSet;
use std::fs;

use anyhow::{Context as _, Result, ensure};
use fdp_programs::helm::{Helm, chart};
use serde_json::{Value, json};

use crate::kubeconform::{judge, schemas_of};
use crate::packaging::{by_name, differences, objects, refusal, render, run};
use crate::world::World;

const SHOWN: &str = include_str!("fixtures/chart-values.yaml");

pub(crate) fn helm_finds_nothing_wrong_with_the_charts(_: &World) -> Result<()> {
    let helm = Helm::offline()?;
    for name in ["fdp-crds", "fdp-operator"] {
        let chart = chart(name).display().to_string();
        let said = run(&helm, &["lint", "--strict", "--kube-version", "1.34.4", &chart])?;
        ensure!(said.contains("0 chart(s) failed"), "{said}");
    }
    Ok(())
}

pub(crate) fn every_value_makes_valid_objects_and_is_seen_in_them(world: &World) -> Result<()> {
    let helm = Helm::offline()?;
    let cases: Vec<Value> = serde_saphyr::from_str(SHOWN)?;
    for case in cases {
        let values = case["values"].to_string();
        let file = values_file(&values)?;
        let yaml = render(&helm, &["--values", &file.path().display().to_string()])?;
        let schemas = schemas_of(world, &objects(&yaml)?)?;
        let outcome = judge(schemas.path(), &yaml, &[])?;
        ensure!(outcome.succeeded, "{values}:\n{}", outcome.output);
        let text = |field: &str| {
            let text = case[field].as_str();
            text.with_context(|| format!("{values}: the case has no {field}"))
        };
        let (object, pointer) = (text("object")?, text("at")?);
        let objects = by_name(&yaml)?;
        let found = objects.get(object).and_then(|object| object.pointer(pointer));
        ensure!(
            found == case.get("is"),
            "{values}: {object} has {found:?} at {pointer} instead of {:?}",
            case.get("is")
        );
    }
    Ok(())
}

fn values_file(values: &str) -> Result<tempfile::NamedTempFile> {
    let file = tempfile::Builder::new().suffix(".yaml").tempfile()?;
    fs::write(file.path(), values)?;
    Ok(file)
}

pub(crate) fn a_value_that_makes_no_sense_is_refused_with_its_name(_: &World) -> Result<()> {
    let helm = Helm::offline()?;
    let cases = [
        ("replica: 3", "additional properties 'replica' not allowed"),
        (
            "image: {pullpolicy: Always}",
            "additional properties 'pullpolicy' not allowed",
        ),
        ("replicas: two", "'/replicas': got string, want integer"),
        ("replicas: 0", "'/replicas': minimum: got 0, want 1"),
        ("image: {tag: 1.5}", "'/image/tag': got number, want string"),
        (
            "image: {digest: latest}",
            "'/image/digest': 'latest' does not match pattern",
        ),
        (
            "image: {pullPolicy: Sometimes}",
            "'/image/pullPolicy': value must be one of 'Always', 'IfNotPresent', 'Never'",
        ),
        (
            "service: {type: External}",
            "'/service/type': value must be one of",
        ),
        (
            "service: {port: 80800}",
            "'/service/port': maximum: got 80,800, want 65,535",
        ),
        (
            "networkPolicy: {apiServerPorts: []}",
            "'/networkPolicy/apiServerPorts': minItems: got 0, want 1",
        ),
        // An empty list of sources would allow all.
        (
            "networkPolicy: {dns: []}",
            "'/networkPolicy/dns': minItems: got 0, want 1",
        ),
        (
            "podDisruptionBudget: {maxUnavailable: half}",
            "'/podDisruptionBudget/maxUnavailable': 'half' does not match pattern",
        ),
        (
            "tolerations: [{key: a, effects: NoSchedule}]",
            "additional properties 'effects' not allowed",
        ),
    ];
    for (values, expected) in cases {
        let file = values_file(values)?;
        let mut command = helm.command()?;
        command
            .args(["template", "fdp-operator"])
            .arg(chart("fdp-operator"))
            .arg("--values")
            .arg(file.path());
        let said = refusal(&mut command)?;
        ensure!(said.contains(expected), "{values}: it said: {said}");
    }
    Ok(())
}

pub(crate) fn every_value_is_in_the_schema_and_every_word_of_the_schema_has_a_value(_: &World) -> Result<()> {
    for name in ["fdp-crds", "fdp-operator"] {
        let read = |file: &str| {
            let path = chart(name).join(file);
            fs::read_to_string(&path).with_context(|| format!("read {}", path.display()))
        };
        let values: Value = serde_saphyr::from_str(&read("values.yaml")?)?;
        let schema: Value = serde_json::from_str(&read("values.schema.json")?)?;
        let mut in_schema = BTreeSet::new();
        words(&schema, "", &mut in_schema);
        // Helm adds it to every chart.
        in_schema.remove(".global");
        let mut in_values = BTreeSet::new();
        keys(&values, &schema, "", &mut in_values);
        ensure!(in_schema == in_values, "{name}: {in_schema:?} and {in_values:?}");
    }
    Ok(())
}

/// The property names of a schema, without the fields of lists and maps that users choose.
fn words(schema: &Value, path: &str, found: &mut BTreeSet<String>) {
    for (word, below) in schema["properties"].as_object().into_iter().flatten() {
        let path = format!("{path}.{word}");
        // These belong to Kubernetes, and have no defaults.
        if word != "affinity" {
            words(below, &path, found);
        }
        found.insert(path);
    }
}

/// The keys of values that the schema knows.
fn keys(values: &Value, schema: &Value, path: &str, found: &mut BTreeSet<String>) {
    for (key, below) in values.as_object().into_iter().flatten() {
        let path = format!("{path}.{key}");
        let known = &schema["properties"][key];
        if known["properties"].is_object() {
            keys(below, known, &path, found);
        }
        found.insert(path);
    }
}

pub(crate) fn the_chart_of_the_definition_holds_the_generated_one(_: &World) -> Result<()> {
    let helm = Helm::offline()?;
    let chart = chart("fdp-crds").display().to_string();
    let mut charted = by_name(&run(
        &helm,
        &["template", "fdp-crds", &chart, "--kube-version", "1.34.4"],
    )?)?;
    for definition in charted.values_mut() {
        let kept = definition["metadata"]
            .as_object_mut()
            .and_then(|metadata| metadata.remove("annotations"));
        ensure!(
            kept == Some(json!({"helm.sh/resource-policy": "keep"})),
            "a definition would go with the chart: {kept:?}"
        );
    }
    let generated = fdp_checkout::root().join("crds/fooddeliveryplatforms.yaml");
    let generated = by_name(&fs::read_to_string(generated)?)?;
    let differences = differences(
        "",
        &serde_json::to_value(generated)?,
        &serde_json::to_value(charted)?,
    );
    ensure!(differences.is_empty(), "{}", differences.join("\n"));
    Ok(())
}
