//! Tests that kubeconform accepts the objects, with schemas generated from those of the API server.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use kube::Client;
use kube::api::DynamicObject;
use kube::core::{GroupVersionKind, TypeMeta};
use serde_json::Value;

use crate::world::{Outcome, World, outcome, type_of};
use fdp_test_control_plane::json_schema;

/// The API server publishes a new kind's schema shortly after it serves the kind.
const PUBLISHED: Duration = Duration::from_secs(30);
const POLL_INTERVAL: Duration = Duration::from_millis(200);

pub(crate) fn every_object_fits_the_schema_of_its_kind(world: &World) -> Result<()> {
    let schemas = schemas(world)?;
    for example in &world.examples {
        let skipped: Vec<String> = example.unjudged.iter().map(type_of).collect();
        let outcome = judge(schemas.path(), &example.yaml, &skipped)?;
        ensure!(outcome.succeeded, "{}:\n{}", example.name, outcome.output);
    }
    Ok(())
}

pub(crate) fn a_misspelt_field_fits_no_schema(world: &World) -> Result<()> {
    let schemas = schemas(world)?;
    let service = |field: &str| {
        format!("apiVersion: v1\nkind: Service\nmetadata: {{name: a}}\nspec: {{{field}: [{{port: 1}}]}}\n")
    };
    let right = judge(schemas.path(), &service("ports"), &[])?;
    ensure!(right.succeeded, "{}", right.output);
    let wrong = judge(schemas.path(), &service("portz"), &[])?;
    ensure!(
        !wrong.succeeded && wrong.output.contains("portz"),
        "{}",
        wrong.output
    );
    Ok(())
}

pub(crate) fn judge(schemas: &Path, yaml: &str, skipped: &[String]) -> Result<Outcome> {
    let file = tempfile::Builder::new().suffix(".yaml").tempfile()?;
    fs::write(file.path(), yaml)?;
    let template = "{{ .Group }}/{{ .ResourceAPIVersion }}/{{ .ResourceKind }}.json";
    outcome(
        Command::new(fdp_programs::program("kubeconform")?)
            .args([
                "-strict",
                "-summary",
                "-skip",
                &skipped.join(","),
                "-schema-location",
            ])
            .arg(schemas.join(template))
            .arg(file.path()),
    )
}

/// A directory with the schemas of all kinds in the examples.
fn schemas(world: &World) -> Result<tempfile::TempDir> {
    let objects = world.examples.iter().flat_map(|example| &example.objects);
    schemas_of(world, objects)
}

/// A directory with the schemas of the kinds of `objects`.
pub(crate) fn schemas_of<'a>(
    world: &World,
    objects: impl IntoIterator<Item = &'a DynamicObject>,
) -> Result<tempfile::TempDir> {
    let directory = tempfile::tempdir()?;
    let types = objects.into_iter().filter_map(|object| object.types.as_ref());
    let mut kinds: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for TypeMeta { api_version, kind } in types {
        kinds.entry(api_version).or_default().insert(kind);
    }
    world.runtime.block_on(async {
        let client = world.plane.client()?;
        for (version, kinds) in kinds {
            write(&client, version, &kinds, directory.path()).await?;
        }
        Ok(directory)
    })
}

/// Writes the schemas of `kinds`, all of one version, to the paths of the template above.
async fn write(client: &Client, api_version: &str, kinds: &BTreeSet<&str>, directory: &Path) -> Result<()> {
    // For kinds without a group, kubeconform uses the version as the group.
    let folder = match api_version.split_once('/') {
        Some(_) => directory.join(api_version),
        None => directory.join(api_version).join(api_version),
    };
    fs::create_dir_all(&folder)?;
    let begun = Instant::now();
    loop {
        let document = published(client, api_version).await?;
        let mut missing = Vec::new();
        for kind in kinds {
            let known = GroupVersionKind::try_from(TypeMeta {
                api_version: api_version.to_owned(),
                kind: (*kind).to_owned(),
            })?;
            match json_schema::of_kind(&document, &known.group, &known.version, kind) {
                Some(schema) => {
                    let file = folder.join(format!("{}.json", kind.to_lowercase()));
                    fs::write(&file, schema.to_string())?;
                }
                None => missing.push(*kind),
            }
        }
        if missing.is_empty() {
            return Ok(());
        }
        if begun.elapsed() > PUBLISHED {
            bail!(
                "the API server publishes no schema of {api_version} {}",
                missing.join(", ")
            );
        }
        tokio::time::sleep(POLL_INTERVAL).await;
    }
}

/// The schemas of a version's kinds, as published by the API server; null if it does not have them yet.
async fn published(client: &Client, api_version: &str) -> Result<Value> {
    let below = if api_version.contains('/') { "apis" } else { "api" };
    let path = format!("/openapi/v3/{below}/{api_version}");
    let request = http::Request::get(&path).body(Vec::new())?;
    match client.request(request).await {
        Err(kube::Error::Api(status)) if status.code == 404 => Ok(Value::Null),
        answer => answer.with_context(|| format!("get {path}")),
    }
}
