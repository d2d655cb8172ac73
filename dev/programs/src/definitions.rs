//! The published `CustomResourceDefinition`s of third-party projects.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use fdp_cluster::command::run;
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use serde_json::Value;

use crate::error::{Error, Result};
use crate::{cache, programs, strimzi};

/// A project with definitions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// Istio: traffic and security.
    Istio,
    /// Elastic Cloud on Kubernetes: Elasticsearch, Kibana, Beats.
    Elastic,
    /// The Prometheus operator: `ServiceMonitor`, `PrometheusRule`.
    PrometheusOperator,
    /// Strimzi: Kafka.
    Strimzi,
    /// CloudNativePG: PostgreSQL.
    CloudNativePg,
}

/// Where the definitions are in a Go module.
struct Source {
    /// The folder in `dev/programs/go` that pins the module's version.
    folder: &'static str,
    module: &'static str,
    /// A file, or a directory of files.
    path: &'static str,
}

impl Family {
    pub const ALL: [Self; 5] = [
        Self::Istio,
        Self::Elastic,
        Self::PrometheusOperator,
        Self::Strimzi,
        Self::CloudNativePg,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Istio => "istio",
            Self::Elastic => "elastic",
            Self::PrometheusOperator => "prometheus-operator",
            Self::Strimzi => "strimzi",
            Self::CloudNativePg => "cloudnative-pg",
        }
    }

    fn source(self) -> Option<Source> {
        let (folder, module, path) = match self {
            Self::Istio => (
                "istio",
                "istio.io/api",
                "kubernetes/customresourcedefinitions.gen.yaml",
            ),
            Self::Elastic => (
                "elastic-operator",
                "github.com/elastic/cloud-on-k8s/v3",
                "config/crds/v1/all-crds.yaml",
            ),
            Self::PrometheusOperator => (
                "prometheus-operator",
                "github.com/prometheus-operator/prometheus-operator",
                "example/prometheus-operator-crd",
            ),
            Self::CloudNativePg => (
                "cloudnative-pg",
                "github.com/cloudnative-pg/cloudnative-pg",
                "config/crd/bases",
            ),
            Self::Strimzi => return None,
        };
        Some(Source { folder, module, path })
    }
}

/// The files with the definitions of a project, downloaded or generated on the first call and kept.
pub fn definitions(family: Family) -> Result<Vec<PathBuf>> {
    let directory = match family.source() {
        Some(source) => {
            let [module, sum] = programs::sums(source.folder)?;
            let key = cache::key([&module, &sum, source.module.as_bytes(), source.path.as_bytes()]);
            kept(family, &key, |directory| {
                copy(
                    &module_directory(source.folder, source.module)?.join(source.path),
                    directory,
                )
            })?
        }
        None => kept(family, &strimzi::key(), strimzi::generate)?,
    };
    files(&directory)
}

fn kept(family: Family, key: &str, make: impl FnOnce(&Path) -> Result<()>) -> Result<PathBuf> {
    cache::kept(&format!("{}-definitions", family.name()), key, make)
}

/// The directory where Go keeps a module that `folder` pins; it is downloaded if necessary.
pub(crate) fn module_directory(folder: &str, module: &str) -> Result<PathBuf> {
    let answer = run(Command::new("go")
        .current_dir(programs::module(folder))
        .args(["mod", "download", "-json", module]));
    let problem = match answer {
        Ok(answer) => match serde_json::from_str::<Value>(&answer) {
            Ok(answer) => match answer["Dir"].as_str() {
                Some(directory) => return Ok(PathBuf::from(directory)),
                None => answer["Error"].to_string(),
            },
            Err(error) => error.to_string(),
        },
        Err(error) => error.to_string(),
    };
    Err(Error::Module {
        module: module.to_owned(),
        problem,
    })
}

/// Copies the file, or the YAML files of the directory, `from` into the directory `to`.
pub(crate) fn copy(from: &Path, to: &Path) -> Result<()> {
    let sources = if from.is_dir() {
        files(from)?
    } else {
        vec![from.to_owned()]
    };
    for source in sources {
        if let Some(name) = source.file_name() {
            fs::copy(&source, to.join(name)).map_err(Error::file("copy", &source))?;
        }
    }
    Ok(())
}

/// The YAML files of a directory, in alphabetical order.
fn files(directory: &Path) -> Result<Vec<PathBuf>> {
    let mut files: Vec<PathBuf> = fs::read_dir(directory)
        .map_err(Error::file("list", directory))?
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "yaml"))
        .filter(|path| path.file_stem().is_some_and(|stem| stem != "kustomization"))
        .collect();
    files.sort();
    Ok(files)
}

/// The definitions in YAML files, ready to apply.
pub fn read(files: &[PathBuf]) -> Result<Vec<CustomResourceDefinition>> {
    let mut definitions = Vec::new();
    for file in files {
        let text = fs::read_to_string(file).map_err(Error::file("read", file))?;
        definitions.extend(parse(&text).map_err(|problem| Error::Definitions {
            path: file.clone(),
            problem,
        })?);
    }
    Ok(definitions)
}

fn parse(text: &str) -> Result<Vec<CustomResourceDefinition>, String> {
    let documents: Vec<Value> = serde_saphyr::from_multiple(text).map_err(|error| error.to_string())?;
    documents
        .into_iter()
        .filter(|document| !document.is_null())
        .map(|document| {
            let mut definition: CustomResourceDefinition =
                serde_json::from_value(document).map_err(|error| error.to_string())?;
            // Some generators write an empty status, which only the API server may set.
            definition.status = None;
            definition.metadata.creation_timestamp = None;
            Ok(definition)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEFINITION: &str = "\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: things.example.org, creationTimestamp: null}
spec:
  group: example.org
  names: {kind: Thing, plural: things}
  scope: Namespaced
  versions:
  - {name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object}}}
status: {acceptedNames: {kind: '', plural: ''}, conditions: [], storedVersions: []}
";

    #[test]
    fn a_file_may_hold_several_definitions_and_empty_documents() {
        let read = parse(&format!("# generated\n---\n{DEFINITION}---\n{DEFINITION}---\n")).unwrap();
        assert_eq!(read.len(), 2);
        assert_eq!(read[0].spec.names.kind, "Thing");
        assert_eq!(read[0].status, None);
    }

    #[test]
    fn a_file_with_something_else_is_refused() {
        let error = parse("kind: Kustomization\nresources: [a.yaml]\n").unwrap_err();
        assert!(error.contains("Kustomization"), "{error}");
    }

    #[test]
    fn only_definitions_are_taken_of_a_directory() {
        let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        for name in ["b.yaml", "a.yaml", "kustomization.yaml", "README.md"] {
            fs::write(from.path().join(name), name).unwrap();
        }
        copy(from.path(), to.path()).unwrap();
        let names: Vec<_> = files(to.path())
            .unwrap()
            .iter()
            .map(|file| file.file_name().unwrap().to_owned())
            .collect();
        assert_eq!(names, ["a.yaml", "b.yaml"]);
    }
}
