//! The files of the repository that go into a service's image: a push that touches none of them needs no build.
//!
//! What only tests are made of is not among them. A test compares the folders with what Cargo says of the workspace.

/// What every service is made of: the program's own crates, besides that of the service.
const OF_ALL: [&str; 5] = [
    "libs/trace",
    "services/catalogue",
    "services/contracts",
    "services/kit/http",
    "services/kit/runtime",
];
/// What a service that has a store and events is made of besides.
const OF_STORES: [&str; 2] = ["services/kit/messaging", "services/kit/storage"];
/// What decides how everything is compiled, tested and put into the platform.
const OF_BUILDS: [&str; 6] = [
    ".cargo/",
    "dev/cargo/",
    "manifests/images/Dockerfile",
    "manifests/pipelines/scripts/",
    "rust-toolchain.toml",
    "Cargo.",
];

/// The folders of the crates that a service's program is made of.
fn crates(service: &str) -> Vec<String> {
    let more: &[&str] = match service {
        "order" => &["services/kit/resilience"],
        _ => &[],
    };
    let stores: &[&str] = match service {
        "gateway" => &[],
        _ => &OF_STORES,
    };
    let mut folders: Vec<String> = [&OF_ALL, stores, more]
        .concat()
        .into_iter()
        .map(str::to_owned)
        .collect();
    folders.push(format!("services/{service}"));
    folders.sort();
    folders
}

/// A regular expression for the paths of those files, from the top of the repository.
pub fn pattern(service: &str) -> String {
    let folders = crates(service).into_iter().map(|folder| format!("{folder}/"));
    let own = format!("manifests/pipelines/{service}/");
    let starts: Vec<String> = folders
        .chain([own])
        .chain(OF_BUILDS.map(str::to_owned))
        // A dot is the only special character in these names.
        .map(|start| start.replace('.', r"\."))
        .collect();
    format!("^({}).*$", starts.join("|"))
}

#[cfg(test)]
mod tests {
    use std::{
        collections::{BTreeMap, BTreeSet},
        fs,
        path::{Path, PathBuf},
        process::Command,
    };

    use fdp_catalogue::Service;
    use serde_json::Value;

    use super::*;

    fn checkout() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("..")
            .canonicalize()
            .unwrap()
    }

    fn text(value: &Value) -> &str {
        value.as_str().unwrap()
    }

    /// The crates of the workspace by name, as `cargo metadata` describes them.
    fn packages() -> BTreeMap<String, Value> {
        let output = Command::new(env!("CARGO"))
            .args(["metadata", "--no-deps", "--format-version=1", "--offline"])
            .current_dir(checkout())
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        let mut metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
        let Value::Array(packages) = metadata["packages"].take() else {
            panic!("no packages");
        };
        packages
            .into_iter()
            .map(|package| (text(&package["name"]).to_owned(), package))
            .collect()
    }

    /// The folder of a crate, from the top of the checkout.
    fn folder(package: &Value) -> String {
        let manifest = Path::new(text(&package["manifest_path"])).parent().unwrap();
        let manifest = manifest.canonicalize().unwrap();
        manifest
            .strip_prefix(checkout())
            .unwrap()
            .to_str()
            .unwrap()
            .to_owned()
    }

    /// The folders of the workspace's crates that a program is compiled from, tests left out.
    fn compiled(name: &str, packages: &BTreeMap<String, Value>, folders: &mut BTreeSet<String>) {
        let package = &packages[name];
        if !folders.insert(folder(package)) {
            return;
        }
        for dependency in package["dependencies"].as_array().unwrap() {
            if dependency["kind"] != "dev" && dependency["path"].is_string() {
                compiled(text(&dependency["name"]), packages, folders);
            }
        }
    }

    /// The sources below a folder.
    fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                sources(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }

    #[test]
    fn a_service_is_built_when_any_crate_of_its_program_changes() {
        let packages = packages();
        for service in Service::ALL {
            let mut folders = BTreeSet::new();
            compiled(service.name(), &packages, &mut folders);
            let named: BTreeSet<String> = crates(service.name()).into_iter().collect();
            assert_eq!(named, folders, "{}", service.name());
        }
    }

    #[test]
    fn what_sources_include_from_elsewhere_is_in_those_folders_too() {
        let top = checkout();
        for service in Service::ALL {
            let folders = crates(service.name());
            for folder in &folders {
                let mut files = Vec::new();
                sources(&top.join(folder).join("src"), &mut files);
                for file in files {
                    let source = fs::read_to_string(&file).unwrap();
                    for call in ["include_str!(\"", "include_bytes!(\""] {
                        for rest in source.split(call).skip(1) {
                            let included = rest.split('"').next().unwrap();
                            let path = file.parent().unwrap().join(included).canonicalize();
                            let path = path.unwrap_or_else(|error| panic!("{included}: {error}"));
                            let path = path.strip_prefix(&top).unwrap();
                            assert!(
                                folders.iter().any(|folder| path.starts_with(folder)),
                                "{}: {included}",
                                file.display()
                            );
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn what_decides_how_all_are_built_is_there_under_these_names() {
        for start in OF_BUILDS.iter().filter(|start| **start != "Cargo.") {
            assert!(checkout().join(start).exists(), "{start}");
        }
        for service in Service::ALL {
            let buildspec = format!("manifests/pipelines/{}/buildspec.yml", service.name());
            assert!(checkout().join(&buildspec).exists(), "{buildspec}");
        }
    }

    #[test]
    fn the_pattern_names_folders_and_files_from_the_top() {
        assert_eq!(
            pattern("gateway"),
            r"^(libs/trace/|services/catalogue/|services/contracts/|services/gateway/|services/kit/http/|services/kit/runtime/|manifests/pipelines/gateway/|\.cargo/|dev/cargo/|manifests/images/Dockerfile|manifests/pipelines/scripts/|rust-toolchain\.toml|Cargo\.).*$"
        );
        assert!(!pattern("pay").contains("services/order/"));
    }
}
