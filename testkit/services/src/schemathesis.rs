//! Runs schemathesis, a fuzzer for HTTP APIs from `PyPI`, in a separate virtual environment.

use anyhow::{Context, Result, ensure};
use fdp_test_process::process::{self, Process};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

const VERSION: &str = "4.32.5";
/// The timeout for one service; each example takes some milliseconds.
const RUN: Duration = Duration::from_mins(4);

/// The settings of a run.
const SETTINGS: &str = r#"
request-timeout = 10.0
# The examples must not depend on earlier runs.
generation.database = "none"

# A cancelled order can still be read.
[checks.use_after_free]
enabled = false

# An order can be invalid for reasons that the schemas do not express: too expensive, no name, a rejected payment.
[checks.positive_data_acceptance]
expected-statuses = ["2xx", "400", "401", "402", "403", "404", "409", "412", "422"]
"#;

#[derive(Debug)]
pub struct Schemathesis {
    program: PathBuf,
    directory: PathBuf,
}

impl Schemathesis {
    /// Finds the fuzzer below `cache`, and installs it there first if it is missing. Settings and logs go to
    /// `directory`.
    ///
    /// # Errors
    /// When Python or the package cannot be installed.
    pub fn install(cache: &Path, directory: &Path) -> Result<Self> {
        std::fs::write(directory.join("schemathesis.toml"), SETTINGS).context("writing schemathesis.toml")?;
        let report = &mut |line: &str| eprintln!("{line}");
        let environment = fdp_images::python_tool(cache, "schemathesis", VERSION, report)?;
        Ok(Self {
            program: environment.join("bin/schemathesis"),
            directory: directory.to_owned(),
        })
    }

    /// Tests whether the server on the loopback port `port` satisfies its document, with `examples` examples for each
    /// operation, which are the same for the same `seed`.
    ///
    /// # Errors
    /// With the fuzzer's report when it does not.
    pub fn fuzz(&self, name: &str, port: u16, examples: u32, seed: u64) -> Result<()> {
        let base = format!("http://127.0.0.1:{port}");
        let mut fuzzer = process::command(&self.program, None);
        fuzzer
            .args(["--config-file", "schemathesis.toml", "--no-color", "run"])
            .arg(format!("{base}/openapi.json"))
            .args(["--url", &base])
            .args(["--max-examples", &examples.to_string()])
            .args(["--seed", &seed.to_string()])
            // The response of this operation does not end before the order does.
            .args(["--exclude-path-regex", "/events$"])
            .args(["--warnings", "off", "--max-failures", "5"]);
        self.run(&format!("the fuzzing of {name}"), fuzzer, RUN)
    }

    fn run(&self, what: &str, mut command: Command, deadline: Duration) -> Result<()> {
        command
            .current_dir(&self.directory)
            .env("PYTHONUTF8", "1")
            .env("NO_PROXY", "127.0.0.1");
        let log = self.directory.join("schemathesis.log");
        let from = std::fs::metadata(&log).map_or(0, |log| log.len());
        let ended = Process::start(what, command, &log)?.finish(deadline);
        if ended.is_err() {
            let said = std::fs::read(&log).unwrap_or_default();
            let said = said.get(usize::try_from(from)?..).unwrap_or_default();
            ensure!(ended.is_ok(), "{what} failed:\n{}", String::from_utf8_lossy(said));
        }
        Ok(())
    }
}
