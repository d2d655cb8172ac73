//! The fixture of all tests: the objects of all examples, and a control plane that has all kinds.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use fdp_operator::{
    cli::render::{RenderError, render},
    settings::Settings,
};
use fdp_programs::Family;
use fdp_test_control_plane::ControlPlane;
use kube::api::DynamicObject;
use serde_json::Value;

/// API groups whose definitions are not available here, so that their objects cannot be checked.
const UNJUDGED: [&str; 1] = ["postgresql.cnpg.io"];

/// A file of `examples/`, with the objects that it renders.
pub(crate) struct Example {
    pub(crate) name: String,
    pub(crate) platforms: Vec<DynamicObject>,
    /// All its objects, as `fdp render` prints them.
    pub(crate) yaml: String,
    /// The same objects, parsed, without [`Self::unjudged`].
    pub(crate) objects: Vec<DynamicObject>,
    /// Objects that cannot be checked here.
    pub(crate) unjudged: Vec<DynamicObject>,
}

pub(crate) struct World {
    pub(crate) runtime: tokio::runtime::Runtime,
    pub(crate) plane: ControlPlane,
    pub(crate) examples: Vec<Example>,
}

impl World {
    pub(crate) fn start() -> Result<Self> {
        let examples = examples(&fdp_checkout::root().join("examples"))?;
        let mut definitions = fdp_crds::definitions();
        for family in Family::ALL {
            definitions.extend(fdp_programs::read(&fdp_programs::definitions(family)?)?);
        }
        let runtime = tokio::runtime::Runtime::new().context("make a runtime")?;
        let begun = Instant::now();
        let plane = runtime.block_on(async {
            let plane = ControlPlane::start().await?;
            let ready = begun.elapsed().as_secs_f32();
            plane.install(&definitions).await?;
            println!(
                "a control plane after {ready:.1} s, {} kinds served after {:.1} s",
                definitions.len(),
                begun.elapsed().as_secs_f32()
            );
            for namespace in examples.iter().flat_map(Example::namespaces) {
                plane.make_namespace(namespace).await?;
            }
            anyhow::Ok(plane)
        })?;
        Ok(Self {
            runtime,
            plane,
            examples,
        })
    }

    /// Whether any example has objects of that group, or of a group below it.
    pub(crate) fn has_any_of(&self, group: &str) -> bool {
        self.examples
            .iter()
            .any(|example| example.of_group(group).next().is_some())
    }
}

impl Example {
    /// The objects of that group, or of a group below it.
    pub(crate) fn of_group(&self, group: &str) -> impl Iterator<Item = &DynamicObject> {
        self.objects
            .iter()
            .filter(move |object| group_of(object).ends_with(group))
    }

    fn namespaces(&self) -> impl Iterator<Item = &str> {
        self.platforms
            .iter()
            .chain(&self.objects)
            .filter_map(|object| object.metadata.namespace.as_deref())
    }
}

/// Group, version and kind in kubeconform's format.
pub(crate) fn type_of(object: &DynamicObject) -> String {
    let types = object.types.as_ref();
    types.map_or_else(String::new, |types| {
        format!("{}/{}", types.api_version, types.kind)
    })
}

/// The group in an object's `apiVersion`; empty for the core group.
pub(crate) fn group_of(object: &DynamicObject) -> &str {
    object
        .types
        .as_ref()
        .and_then(|types| types.api_version.split_once('/'))
        .map_or("", |(group, _)| group)
}

/// Kind and name, for messages.
pub(crate) fn label(object: &DynamicObject) -> String {
    let kind = object.types.as_ref().map_or("", |types| &types.kind);
    format!("{kind} {}", object.metadata.name.as_deref().unwrap_or_default())
}

fn examples(directory: &Path) -> Result<Vec<Example>> {
    let mut files: Vec<_> = fs::read_dir(directory)
        .with_context(|| format!("list {}", directory.display()))?
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "yaml"))
        .collect();
    files.sort();
    let mut examples = Vec::new();
    for file in files {
        examples.extend(example(&file).with_context(|| format!("render {}", file.display()))?);
    }
    ensure!(
        !examples.is_empty(),
        "no file in {} holds a platform",
        directory.display()
    );
    Ok(examples)
}

/// The example in `file`, unless it contains something other than platforms.
fn example(file: &Path) -> Result<Option<Example>> {
    let text = fs::read_to_string(file)?;
    let yaml = match render(&text, &Settings::default()) {
        Ok(yaml) => yaml,
        Err(RenderError::NoPlatform) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let platforms = documents(&text)?
        .into_iter()
        .filter(|object| group_of(object) == fdp_crds::GROUP)
        .collect();
    let (unjudged, objects) = documents(&yaml)?
        .into_iter()
        .partition(|object| UNJUDGED.contains(&group_of(object)));
    Ok(Some(Example {
        name: file
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned(),
        platforms,
        objects,
        unjudged,
        yaml,
    }))
}

pub(crate) fn documents(yaml: &str) -> Result<Vec<DynamicObject>> {
    let documents: Vec<Value> = serde_saphyr::from_multiple(yaml)?;
    documents
        .into_iter()
        .filter(|document| !document.is_null())
        .map(|document| Ok(serde_json::from_value(document)?))
        .collect()
}

/// The exit status of a program, and its whole output.
pub(crate) struct Outcome {
    pub(crate) succeeded: bool,
    pub(crate) output: String,
}

/// Runs `command` to completion.
pub(crate) fn outcome(command: &mut Command) -> Result<Outcome> {
    let output = command
        .output()
        .with_context(|| format!("start {}", command.get_program().display()))?;
    Ok(Outcome {
        succeeded: output.status.success(),
        output: format!(
            "{}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        ),
    })
}
