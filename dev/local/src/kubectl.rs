//! Calls kubectl as a user would.

use crate::failure::{Failure, Result};
use serde_json::Value;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A kubectl for one cluster.
#[derive(Debug, Clone)]
pub struct Kubectl {
    program: PathBuf,
    kubeconfig: Option<PathBuf>,
}

impl Kubectl {
    /// `program` for the cluster of `kubeconfig`; with `None`, for the current context.
    pub fn new(program: &Path, kubeconfig: Option<&Path>) -> Self {
        Self {
            program: program.to_owned(),
            kubeconfig: kubeconfig.map(Path::to_owned),
        }
    }

    pub fn program(&self) -> &Path {
        &self.program
    }

    /// The kubeconfig that it uses; `None` for that of the user.
    pub fn kubeconfig(&self) -> Option<&Path> {
        self.kubeconfig.as_deref()
    }

    /// The command without arguments, for callers that start it themselves.
    pub fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        if let Some(kubeconfig) = &self.kubeconfig {
            command.env("KUBECONFIG", kubeconfig);
        }
        command
    }

    /// The output of `kubectl <arguments>`.
    ///
    /// # Errors
    /// When it cannot be started or fails; with its output.
    pub fn run(&self, arguments: &[&str]) -> Result<String> {
        self.run_with_input(arguments, "")
    }

    /// As [`Self::run`], with `input` on standard input.
    ///
    /// # Errors
    /// As [`Self::run`].
    pub fn run_with_input(&self, arguments: &[&str], input: &str) -> Result<String> {
        let start = |source| Failure::Start {
            program: self.program.display().to_string(),
            source,
        };
        let mut child = self
            .command()
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(start)?;
        if let Some(mut stdin) = child.stdin.take() {
            // kubectl may end without reading its input; its exit status is more useful than a broken pipe.
            let _ = stdin.write_all(input.as_bytes());
        }
        let output = child.wait_with_output().map_err(start)?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        Err(Failure::Command {
            doing: format!("kubectl {}", arguments.join(" ")),
            output: String::from_utf8_lossy(&output.stderr).trim().to_owned(),
        })
    }

    /// The parsed output of `kubectl <arguments> -o json`.
    ///
    /// # Errors
    /// As [`Self::run`], and when the output is not JSON.
    pub fn json(&self, arguments: &[&str]) -> Result<Value> {
        let printed = self.run(&[arguments, &["-o", "json"]].concat())?;
        serde_json::from_str(&printed).map_err(|error| Failure::Command {
            doing: format!("reading what kubectl {} printed", arguments.join(" ")),
            output: error.to_string(),
        })
    }
}
