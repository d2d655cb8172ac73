//! A program of others at work on the control plane, as a process.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::Stdio,
};

use tokio::process::{Child, Command};

/// It is killed when it is dropped.
pub(crate) struct Program {
    process: Child,
    log: PathBuf,
}

impl Program {
    /// Starts one beside the control plane; it is compiled first if it isn't yet.
    pub(crate) fn start(kubeconfig: &Path, name: &str, arguments: &[&str]) -> Self {
        let program = fdp_programs::program(name).unwrap();
        let log = kubeconfig.with_file_name(format!("{name}.log"));
        let output = File::create(&log).unwrap();
        // `setpriv` arranges that the kernel kills it with the test, and then becomes it.
        let process = Command::new("setpriv")
            .args(["--pdeathsig", "KILL", "--"])
            .arg(program)
            .args(arguments)
            .env("KUBECONFIG", kubeconfig)
            .stdin(Stdio::null())
            .stdout(output.try_clone().unwrap())
            .stderr(output)
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        Self { process, log }
    }

    /// All that it has said.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap()
    }

    /// Fails with what it said if it has ended.
    pub(crate) fn still_runs(&mut self) {
        let ended = self.process.try_wait().unwrap();
        assert!(ended.is_none(), "{ended:?}\n{}", self.log());
    }
}
