//! A third-party program that runs as a process with the control plane.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::Stdio,
};

use tokio::process::{Child, Command};

/// A running program. It is killed when it is dropped.
pub(crate) struct Program {
    process: Child,
    log: PathBuf,
}

impl Program {
    /// Starts a program with the control plane; it is compiled first if necessary.
    pub(crate) fn start(kubeconfig: &Path, name: &str, arguments: &[&str]) -> Self {
        let program = fdp_programs::program(name).unwrap();
        let log = kubeconfig.with_file_name(format!("{name}.log"));
        let output = File::create(&log).unwrap();
        // `setpriv` makes the kernel kill it with the test, and then executes the program.
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

    /// Its whole output.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap()
    }

    /// Fails with its output if it has ended.
    pub(crate) fn still_runs(&mut self) {
        let ended = self.process.try_wait().unwrap();
        assert!(ended.is_none(), "{ended:?}\n{}", self.log());
    }
}
