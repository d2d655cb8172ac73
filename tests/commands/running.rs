//! A container that runs in the background, and its first process.

use std::{
    fs,
    process::{Child, Command, ExitStatus, Stdio},
};

use crate::wait::until;

/// A running container; dropping it kills it and waits for its end.
pub(crate) struct Running(Child);

impl Running {
    pub(crate) fn start(mut command: Command) -> Self {
        Self(command.stdout(Stdio::null()).spawn().unwrap())
    }

    /// The number that the container's first process has outside of it.
    pub(crate) fn first_process(&self) -> String {
        until("the first process of a container", || {
            let children = self.children();
            let first = children.split_whitespace().next();
            first.map(str::to_owned).ok_or_else(|| "none".to_owned())
        })
    }

    fn children(&self) -> String {
        let id = self.0.id();
        fs::read_to_string(format!("/proc/{id}/task/{id}/children")).unwrap_or_default()
    }

    /// Its exit status, if it has ended.
    pub(crate) fn ended(&mut self) -> Option<ExitStatus> {
        self.0.try_wait().unwrap()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let children = self.children();
        let _ = self.0.kill();
        let _ = self.0.wait();
        // The container's first process is killed after all its other processes.
        for child in children.split_whitespace() {
            until("the end of a container", || match state(child) {
                None | Some('Z' | 'X') => Ok(()),
                Some(state) => Err(format!("process {child} is {state}")),
            });
        }
    }
}

/// The state of a process, which follows the name in parentheses, see `proc(5)`.
fn state(process: &str) -> Option<char> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    stat.rsplit_once(") ")?.1.chars().next()
}
