//! Tests that Kustomize and the chart render the same objects of the operator.

use anyhow::{Result, ensure};
use fdp_programs::helm::Helm;
use serde_json::Value;

use crate::kubeconform::{judge, schemas_of};
use crate::packaging::{by_name, differences, kustomized, objects, render};
use crate::world::World;

/// Labels by which Helm identifies its objects; all other labels are the same.
const LABELS_OF_HELM: [&str; 4] = [
    "app.kubernetes.io/instance",
    "app.kubernetes.io/managed-by",
    "app.kubernetes.io/version",
    "helm.sh/chart",
];

/// Helm creates namespaces with an option instead of an object.
const ONLY_OF_KUSTOMIZE: &str = "Namespace food-delivery-system";

pub(crate) fn kustomize_makes_what_the_chart_makes(world: &World) -> Result<()> {
    let production = fdp_checkout::root().join("manifests/helm/production.yaml");
    let production = production.display().to_string();
    let pairs: [(&str, &[&str]); 3] = [
        ("manifests/kustomize/base", &["--set", "image.tag=dev"]),
        (
            "manifests/kustomize/local",
            &[
                "--set",
                "image.tag=dev,service.type=NodePort,service.nodePort=30081",
            ],
        ),
        ("manifests/kustomize/production", &["--values", &production]),
    ];
    let helm = Helm::offline()?;
    for (folder, values) in pairs {
        let mut kustomized = by_name(&kustomized(world.plane.kubectl(), folder)?)?;
        ensure!(
            kustomized.remove(ONLY_OF_KUSTOMIZE).is_some(),
            "{folder} has no {ONLY_OF_KUSTOMIZE}"
        );
        let mut charted = by_name(&render(&helm, values)?)?;
        charted.values_mut().for_each(without_labels_of_helm);
        let (kustomized, charted) = (serde_json::to_value(kustomized)?, serde_json::to_value(charted)?);
        let differences = differences("", &kustomized, &charted);
        ensure!(
            differences.is_empty(),
            "{folder} and the chart differ:\n{}",
            differences.join("\n")
        );
    }
    Ok(())
}

pub(crate) fn a_difference_between_kustomize_and_the_chart_is_found(world: &World) -> Result<()> {
    let kustomized = kustomized(world.plane.kubectl(), "manifests/kustomize/base")?;
    let changed = kustomized.replace("memory: 32Mi", "memory: 33Mi");
    let left = serde_json::to_value(by_name(&kustomized)?)?;
    let right = serde_json::to_value(by_name(&changed)?)?;
    let found = differences("", &left, &right);
    ensure!(
        found.len() == 1 && found[0].contains("requests.memory"),
        "it found {found:?}"
    );
    Ok(())
}

pub(crate) fn every_overlay_fits_the_schema_of_its_kinds(world: &World) -> Result<()> {
    for folder in [
        "manifests/kustomize/base",
        "manifests/kustomize/local",
        "manifests/kustomize/namespaces",
        "manifests/kustomize/production",
        "examples/gitops/environments/staging",
        "examples/gitops/environments/production",
    ] {
        let yaml = kustomized(world.plane.kubectl(), folder)?;
        let schemas = schemas_of(world, &objects(&yaml)?)?;
        let outcome = judge(schemas.path(), &yaml, &[])?;
        ensure!(outcome.succeeded, "{folder}:\n{}", outcome.output);
    }
    Ok(())
}

/// Removes these labels everywhere: from objects, pods and selectors.
fn without_labels_of_helm(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|key, _| !LABELS_OF_HELM.contains(&key.as_str()));
            fields.values_mut().for_each(without_labels_of_helm);
        }
        Value::Array(items) => items.iter_mut().for_each(without_labels_of_helm),
        _ => {}
    }
}
