//! Processes that are stopped by a signal.

use libtest_mimic::Failed;
use std::fs;
use std::process::Command;

/// Processes that were stopped; those that still are go on when this is dropped.
#[derive(Default)]
pub(super) struct StoppedProcesses(Vec<String>);

impl StoppedProcesses {
    pub(super) fn stop(&mut self, process: &str) -> Result<(), Failed> {
        let sent = Command::new("kill").args(["-STOP", process]).status();
        if !sent.map_err(|error| format!("starting kill: {error}"))?.success() {
            return Err(format!("process {process} could not be stopped").into());
        }
        self.0.push(process.to_owned());
        Ok(())
    }
}

impl Drop for StoppedProcesses {
    fn drop(&mut self) {
        for process in self.0.iter().filter(|process| is_stopped(process)) {
            let _ = Command::new("kill").args(["-CONT", process]).status();
        }
    }
}

/// Whether a process is stopped: its state follows the name in parentheses, see `proc(5)`.
fn is_stopped(process: &str) -> bool {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    stat.rsplit_once(") ")
        .is_some_and(|(_, state)| state.starts_with('T'))
}
