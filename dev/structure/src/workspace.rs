//! The crates of the workspace from `cargo metadata`: each package with its targets and the crates that it may name.

use std::{
    collections::{HashMap, HashSet},
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail};
use serde::Deserialize;

/// The output of `cargo metadata`, limited to the fields that are used here.
#[derive(Deserialize)]
struct Metadata {
    workspace_root: PathBuf,
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    dependencies: Vec<Dependency>,
    targets: Vec<MetadataTarget>,
}

#[derive(Deserialize)]
struct Dependency {
    name: String,
    rename: Option<String>,
    path: Option<PathBuf>,
}

#[derive(Deserialize)]
struct MetadataTarget {
    name: String,
    kind: Vec<String>,
    src_path: PathBuf,
}

/// A library, program, test or build script: for the compiler, one crate.
pub(crate) struct Target {
    pub(crate) root_file: PathBuf,
    /// The crates that paths in this target can start with: the name in the source, and the index of the workspace's
    /// library that it refers to; `None` if the crate is external.
    pub(crate) externs: HashMap<String, Option<usize>>,
}

pub(crate) struct Workspace {
    pub(crate) root: PathBuf,
    pub(crate) targets: Vec<Target>,
}

/// Calls Cargo for the workspace that contains `directory`.
pub(crate) fn read(directory: &Path) -> Result<Workspace> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["metadata", "--no-deps", "--format-version=1", "--offline"])
        .current_dir(directory)
        .output()
        .context("cannot run cargo metadata")?;
    if !output.status.success() {
        bail!(
            "cargo metadata failed: {}",
            String::from_utf8_lossy(&output.stderr).trim()
        );
    }
    let metadata: Metadata =
        serde_json::from_slice(&output.stdout).context("cannot read what cargo metadata printed")?;
    Ok(workspace(metadata))
}

fn workspace(metadata: Metadata) -> Workspace {
    let all: Vec<(&Package, &MetadataTarget)> = metadata
        .packages
        .iter()
        .flat_map(|package| package.targets.iter().map(move |t| (package, t)))
        .collect();
    let libraries: HashMap<&str, usize> = all
        .iter()
        .enumerate()
        .filter(|(_, (_, target))| is_library(target))
        .map(|(index, (package, _))| (package.name.as_str(), index))
        .collect();
    let members: HashSet<&str> = libraries.keys().copied().collect();
    let targets = all
        .iter()
        .map(|(package, target)| {
            let mut externs: HashMap<String, Option<usize>> = ["std", "core", "alloc"]
                .map(|name| (name.to_owned(), None))
                .into();
            for dependency in &package.dependencies {
                let member = dependency.path.is_some() && members.contains(dependency.name.as_str());
                let library = member.then(|| libraries[dependency.name.as_str()]);
                let name = match (&dependency.rename, library) {
                    (Some(rename), _) => rename,
                    (None, Some(library)) => &all[library].1.name,
                    (None, None) => &dependency.name,
                };
                externs.insert(name.replace('-', "_"), library);
            }
            if !is_library(target)
                && !target.kind.iter().any(|kind| kind == "custom-build")
                && let Some(&library) = libraries.get(package.name.as_str())
            {
                externs.insert(all[library].1.name.replace('-', "_"), Some(library));
            }
            Target {
                root_file: target.src_path.clone(),
                externs,
            }
        })
        .collect();
    Workspace {
        root: metadata.workspace_root,
        targets,
    }
}

fn is_library(target: &MetadataTarget) -> bool {
    target
        .kind
        .iter()
        .any(|kind| kind.ends_with("lib") || kind == "proc-macro")
}
