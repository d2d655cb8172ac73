//! Threads of a process that are stopped one by one, as a debugger does it, while its other threads go on.

use libtest_mimic::Failed;
use nix::sys::ptrace::{self, Options};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;
use std::fs;

/// Threads that were stopped; those that still are go on when this is dropped, by the thread that stopped them.
#[derive(Default)]
pub(super) struct StoppedThreads(Vec<Pid>);

impl StoppedThreads {
    /// Stops the threads of a process that have that name.
    pub(super) fn stop(&mut self, process: &str, name: &str) -> Result<(), Failed> {
        let before = self.0.len();
        let threads = fs::read_dir(format!("/proc/{process}/task"))
            .map_err(|error| format!("reading the threads of process {process}: {error}"))?;
        for thread in threads.filter_map(Result::ok) {
            let called = fs::read_to_string(thread.path().join("comm")).unwrap_or_default();
            if called.trim_end() != name {
                continue;
            }
            let number = thread.file_name().to_string_lossy().parse();
            let id = Pid::from_raw(number.map_err(|error| format!("{}: {error}", thread.path().display()))?);
            ptrace::seize(id, Options::empty())
                .and_then(|()| ptrace::interrupt(id))
                .map_err(|error| format!("stopping thread {id} of process {process}: {error}"))?;
            self.0.push(id);
        }
        if self.0.len() == before {
            return Err(format!("process {process} has no thread {name}").into());
        }
        Ok(())
    }

    /// Takes notice of those that died. Until whoever stopped a thread has done so, its process does not end.
    #[expect(
        clippy::unused_self,
        reason = "there is nobody to take notice of before a thread was stopped"
    )]
    pub(super) fn let_the_dead_go(&self) {
        // Only of the threads that this one has stopped: the test's own programs are waited for by others.
        let flags = WaitPidFlag::WNOHANG | WaitPidFlag::__WALL | WaitPidFlag::__WNOTHREAD;
        while waitpid(None, Some(flags)).is_ok_and(|status| status != WaitStatus::StillAlive) {}
    }
}

impl Drop for StoppedThreads {
    fn drop(&mut self) {
        for thread in &self.0 {
            let _ = ptrace::detach(*thread, None);
        }
    }
}
