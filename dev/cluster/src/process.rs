//! Identifies processes safely although process IDs are reused.

use std::fs;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::wait::{Poll, until};

const END_LIMIT: Duration = Duration::from_secs(30);

/// A process, distinguished by its start time from a later process with the same ID.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Process {
    pub(crate) id: i32,
    /// In clock ticks since boot.
    started: u64,
}

/// The fields of `/proc/ID/stat` that are used here.
struct Stat {
    state: char,
    parent: i32,
    started: u64,
}

impl Process {
    /// The process with this ID, if it exists.
    pub(crate) fn of(id: i32) -> Option<Self> {
        stat(id).map(|stat| Self {
            id,
            started: stat.started,
        })
    }

    /// Whether it is still running; a zombie is not.
    pub(crate) fn is_alive(self) -> bool {
        stat(self.id).is_some_and(|stat| stat.started == self.started && stat.state != 'Z')
    }

    /// Kills it and waits until it is gone.
    pub(crate) fn end(self, what: &str) -> Result<()> {
        if self.is_alive() {
            match kill(Pid::from_raw(self.id), Signal::SIGKILL) {
                // It may have ended between the check and the signal.
                Ok(()) | Err(nix::Error::ESRCH) => {}
                Err(error) => return Err(Error::kernel(format!("end {what}"))(error)),
            }
        }
        self.wait_for_end(what)
    }

    pub(crate) fn wait_for_end(self, what: &str) -> Result<()> {
        until(
            &format!("the end of {what}"),
            END_LIMIT,
            format!("/proc/{}/status", self.id).as_ref(),
            || {
                Ok(if self.is_alive() {
                    Poll::NotYet("still running".to_owned())
                } else {
                    Poll::Done(())
                })
            },
        )
    }

    /// Its first child, if it has one.
    pub(crate) fn child(self) -> Option<Self> {
        all()
            .find(|id| stat(*id).is_some_and(|stat| stat.parent == self.id))
            .and_then(Self::of)
    }
}

/// The process ID of a process' parent.
pub(crate) fn parent(id: i32) -> Option<i32> {
    stat(id).map(|stat| stat.parent)
}

/// The IDs of all processes.
pub(crate) fn all() -> impl Iterator<Item = i32> {
    fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok()?.file_name().to_string_lossy().parse().ok())
}

fn stat(id: i32) -> Option<Stat> {
    parse_stat(&fs::read_to_string(format!("/proc/{id}/stat")).ok()?)
}

fn parse_stat(text: &str) -> Option<Stat> {
    // The name in parentheses may contain spaces and parentheses.
    let mut fields = text.get(text.rfind(')')? + 1..)?.split_whitespace();
    Some(Stat {
        state: fields.next()?.chars().next()?,
        parent: fields.next()?.parse().ok()?,
        started: fields.nth(17)?.parse().ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::{Command, id};

    #[test]
    fn a_hostile_process_name_does_not_confuse_the_parser() {
        let stat = parse_stat("42 (a) b (c)) S 7 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 987654 0").unwrap();
        assert_eq!((stat.state, stat.parent, stat.started), ('S', 7, 987_654));
    }

    #[test]
    fn this_process_is_alive_and_one_with_its_number_from_another_time_is_not() {
        let this = Process::of(i32::try_from(id()).unwrap()).unwrap();
        assert!(this.is_alive());
        assert!(
            !Process {
                started: this.started + 1,
                ..this
            }
            .is_alive()
        );
    }

    #[test]
    fn an_ended_child_is_not_alive_even_before_it_is_reaped() {
        let mut child = Command::new("sleep").arg("1000").spawn().unwrap();
        let process = Process::of(i32::try_from(child.id()).unwrap()).unwrap();
        process.end("a sleeper").unwrap();
        assert!(!process.is_alive());
        child.wait().unwrap();
    }
}
