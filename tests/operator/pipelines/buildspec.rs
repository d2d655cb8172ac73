//! Runs a buildspec's phases in a plain shell, as `CodeBuild` does in its containers.

use std::{collections::BTreeMap, fs, path::Path, process::Stdio};

use serde_json::Value;
use tokio::process::Command;

/// In this order:
/// <https://docs.aws.amazon.com/codebuild/latest/userguide/view-build-details.html#view-build-details-phases>.
const PHASES: [&str; 4] = ["install", "pre_build", "build", "post_build"];

/// The result of a build.
#[derive(Debug)]
pub(crate) struct Build {
    pub(crate) succeeded: bool,
    /// The phases that were started.
    pub(crate) phases: Vec<&'static str>,
    /// The complete output.
    pub(crate) log: String,
}

impl Build {
    pub(crate) fn assert_succeeded(&self) {
        assert!(self.succeeded, "{}", self.log);
    }

    /// Asserts that it failed in that phase, with these texts in its log.
    pub(crate) fn assert_failed_in(&self, phase: &str, words: &[&str]) {
        assert!(!self.succeeded, "{}", self.log);
        assert_eq!(self.phases.last(), Some(&phase), "{}", self.log);
        for word in words {
            assert!(self.log.contains(word), "{word:?} is not in:\n{}", self.log);
        }
    }
}

/// A parsed buildspec.
pub(crate) struct Buildspec(Value);

impl Buildspec {
    pub(crate) fn read(service: &str) -> Self {
        let path = super::generated::folder().join(service).join("buildspec.yml");
        let text = fs::read_to_string(&path).unwrap();
        let spec: Value = serde_saphyr::from_str(&text).unwrap();
        assert_eq!(spec["version"].to_string(), "0.2");
        assert_eq!(spec["env"]["shell"], "/bin/sh");
        let phases = spec["phases"].as_object().unwrap();
        assert!(
            phases.keys().all(|phase| PHASES.contains(&phase.as_str())),
            "{phases:?}"
        );
        Self(spec)
    }

    /// Its variables, overridden by those of `environment`, as variables of a project or a build override those of
    /// the buildspec.
    fn variables(&self, environment: &BTreeMap<String, String>) -> BTreeMap<String, String> {
        let own = self.0["env"]["variables"].as_object().unwrap().iter();
        let mut variables: BTreeMap<_, _> = own
            .map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned()))
            .collect();
        variables.extend(environment.clone());
        variables
    }

    /// Runs all phases in that folder.
    pub(crate) async fn run(&self, source: &Path, environment: &BTreeMap<String, String>) -> Build {
        let mut build = Build {
            succeeded: true,
            phases: Vec::new(),
            log: String::new(),
        };
        for phase in PHASES {
            let described = &self.0["phases"][phase];
            build.phases.push(phase);
            for command in described["commands"].as_array().unwrap() {
                let mut variables = self.variables(environment);
                let so_far = if build.succeeded { "1" } else { "0" };
                variables.insert("CODEBUILD_BUILD_SUCCEEDING".to_owned(), so_far.to_owned());
                let command = command.as_str().unwrap();
                build.log.extend(["$ ", command, "\n"]);
                if !run(command, source, &variables, &mut build.log).await {
                    build.succeeded = false;
                    break;
                }
            }
            // After a failed build, CodeBuild continues with post_build, unless on-failure is ABORT.
            if !build.succeeded && (phase != "build" || described["on-failure"] == "ABORT") {
                break;
            }
        }
        build
    }
}

/// Runs one command, and returns whether it succeeded.
async fn run(command: &str, source: &Path, variables: &BTreeMap<String, String>, log: &mut String) -> bool {
    let output = Command::new("/bin/sh")
        .args(["-c", command])
        .current_dir(source)
        .env_clear()
        .envs(variables)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .unwrap();
    log.push_str(&String::from_utf8_lossy(&output.stdout));
    log.push_str(&String::from_utf8_lossy(&output.stderr));
    output.status.success()
}

/// Runs a single script.
pub(crate) async fn step(name: &str, source: &Path, variables: &BTreeMap<String, String>) -> (bool, String) {
    let mut log = String::new();
    let command = format!("sh manifests/pipelines/scripts/{name}");
    let succeeded = run(&command, source, variables, &mut log).await;
    (succeeded, log)
}
