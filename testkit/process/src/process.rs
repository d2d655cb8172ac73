//! A server process that writes its log to a file and never outlives the test.

use crate::wait;
use anyhow::{Context, Result, bail};
use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, User};
use std::ffi::OsStr;
use std::fs::OpenOptions;
use std::io::Read;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

/// A command that the kernel kills when the thread that starts it ends: `setpriv` sets that up and then executes the
/// program. With `user`, the program runs as that user without supplementary groups.
pub fn command(program: impl AsRef<OsStr>, user: Option<&User>) -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "KILL"]);
    if let Some(user) = user {
        command.args([
            format!("--reuid={}", user.uid),
            format!("--regid={}", user.gid),
            "--clear-groups".to_owned(),
        ]);
    }
    command.arg("--").arg(program);
    command
}

/// Runs `command` to completion and returns its output. It is killed if it has not ended by the `deadline`.
///
/// # Errors
/// When it cannot be started, or takes too long.
pub fn output(what: &str, mut command: Command, deadline: Duration) -> Result<Output> {
    let until = Instant::now() + deadline;
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("starting {what}"))?;
    let (stdout, stderr) = (collect(child.stdout.take()), collect(child.stderr.take()));
    let left = || until.saturating_duration_since(Instant::now());
    let ended = stdout
        .recv_timeout(left())
        .and_then(|stdout| Ok((stdout, stderr.recv_timeout(left())?)));
    let status = if ended.is_ok() {
        // It has closed its output and is about to end.
        wait::until(&format!("{what} to end"), left(), || Ok(child.try_wait()?)).ok()
    } else {
        None
    };
    let (Ok((stdout, stderr)), Some(status)) = (ended, status) else {
        let _ = child.kill();
        let _ = child.wait();
        bail!("{what} did not end within {} s", deadline.as_secs());
    };
    Ok(Output {
        status,
        stdout,
        stderr,
    })
}

/// Everything that is written to `pipe` until it is closed.
fn collect(pipe: Option<impl Read + Send + 'static>) -> Receiver<Vec<u8>> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut said = Vec::new();
        if let Some(mut pipe) = pipe {
            // After a read error, the part before it is used.
            let _ = pipe.read_to_end(&mut said);
        }
        let _ = sender.send(said);
    });
    receiver
}

#[derive(Debug)]
pub struct Process {
    name: String,
    child: Child,
    log: PathBuf,
}

impl Process {
    /// Starts `command`, and appends its output to the file `log`.
    ///
    /// # Errors
    /// When the file or the process cannot be created.
    pub fn start(name: &str, mut command: Command, log: &Path) -> Result<Self> {
        let output = OpenOptions::new()
            .create(true)
            .append(true)
            .open(log)
            .with_context(|| format!("opening the log {}", log.display()))?;
        let child = command
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output)
            .spawn()
            .with_context(|| format!("starting {name} through setpriv"))?;
        Ok(Self {
            name: name.to_owned(),
            child,
            log: log.to_owned(),
        })
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends `signal` to this process, if it is still running.
    ///
    /// # Errors
    /// When the system rejects it.
    pub fn signal(&mut self, signal: Signal) -> Result<()> {
        if self.child.try_wait()?.is_none() {
            let pid = Pid::from_raw(i32::try_from(self.child.id())?);
            kill(pid, signal).with_context(|| format!("sending {signal} to {}", self.name))?;
        }
        Ok(())
    }

    /// Kills it as `kill -9` does, and returns when it is gone.
    ///
    /// # Errors
    /// When it had already ended by itself.
    pub fn crash(mut self) -> Result<()> {
        self.still_runs()?;
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// Sends it `signal` and waits until it ends. After `patience` it is killed.
    ///
    /// # Errors
    /// When it had to be killed.
    pub fn stop(mut self, signal: Signal, patience: Duration) -> Result<()> {
        self.signal(signal)?;
        let what = format!("{} to end after {signal}", self.name);
        let ended = wait::until(&what, patience, || Ok(self.child.try_wait()?));
        // Dropping it kills it if it has not ended.
        ended.map(|_| ())
    }

    /// Waits until it has ended successfully.
    ///
    /// # Errors
    /// When it fails or takes longer than `deadline`.
    pub fn finish(mut self, deadline: Duration) -> Result<()> {
        let what = format!("{} to finish", self.name);
        let status = wait::until(&what, deadline, || Ok(self.child.try_wait()?))?;
        if !status.success() {
            bail!("{} failed ({status}): {}", self.name, last_lines(&self.log, 5));
        }
        Ok(())
    }

    /// Fails if it has ended.
    ///
    /// # Errors
    /// With its exit status and its last lines.
    pub fn still_runs(&mut self) -> Result<()> {
        let Some(status) = self.child.try_wait()? else {
            return Ok(());
        };
        let how = match status.signal() {
            Some(signal) => format!("signal {signal}"),
            None => status.to_string(),
        };
        bail!(
            "{} ended by itself ({how}): {}",
            self.name,
            last_lines(&self.log, 5)
        )
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // After a process has ended, another process may have its ID.
        if matches!(self.child.try_wait(), Ok(None)) {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

/// All lines of a log.
pub fn lines(log: &Path) -> Vec<String> {
    let text = std::fs::read(log).unwrap_or_default();
    String::from_utf8_lossy(&text)
        .lines()
        .map(str::to_owned)
        .collect()
}

/// The last `count` lines of a log, each cut to a readable length.
pub fn last_lines(log: &Path, count: usize) -> String {
    let lines = lines(log);
    let from = lines.len().saturating_sub(count);
    lines[from..]
        .iter()
        .map(|line| line.chars().take(400).collect::<String>())
        .collect::<Vec<_>>()
        .join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Far more than any test here takes on a busy machine.
    const DEADLINE: Duration = Duration::from_mins(1);

    fn sleeper(directory: &Path) -> Process {
        let mut command = command("sleep", None);
        command.arg("60");
        Process::start("sleep", command, &directory.join("log")).unwrap()
    }

    #[test]
    fn a_process_that_ended_by_itself_is_reported_with_its_last_words() {
        let directory = tempfile::tempdir().unwrap();
        let mut shell = command("sh", None);
        shell.args(["-c", "echo farewell; exit 3"]);
        let process = Process::start("sh", shell, &directory.path().join("log")).unwrap();
        let error = process.finish(DEADLINE).unwrap_err().to_string();
        assert!(
            error.contains("exit status: 3") && error.contains("farewell"),
            "{error}"
        );
    }

    #[test]
    fn a_command_gives_what_it_said_and_one_that_hangs_is_killed_in_time() {
        let mut shell = command("sh", None);
        shell.args(["-c", "echo out; echo error >&2; exit 3"]);
        let said = output("a shell", shell, DEADLINE).unwrap();
        assert_eq!(
            (said.stdout, said.stderr),
            (b"out\n".to_vec(), b"error\n".to_vec())
        );
        assert_eq!(said.status.code(), Some(3));

        let mut sleep = command("sleep", None);
        sleep.arg("1000");
        let began = Instant::now();
        let error = output("a sleeper", sleep, Duration::from_millis(100)).unwrap_err();
        assert_eq!(error.to_string(), "a sleeper did not end within 0 s");
        assert!(
            began.elapsed() < DEADLINE,
            "it was not killed but ended by itself"
        );
    }

    #[test]
    fn a_dropped_process_is_gone() {
        let directory = tempfile::tempdir().unwrap();
        let process = sleeper(directory.path());
        let pid = Pid::from_raw(i32::try_from(process.child.id()).unwrap());
        drop(process);
        assert!(kill(pid, None).is_err());
    }

    #[test]
    fn a_process_dies_with_the_thread_that_started_it() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().to_owned();
        let mut process = std::thread::spawn(move || {
            let process = sleeper(&path);
            // The kernel sends the signal only once `setpriv` has executed `sleep`.
            let name = format!("/proc/{}/comm", process.child.id());
            wait::until("setpriv to become sleep", DEADLINE, || {
                Ok((std::fs::read_to_string(&name)?.trim() == "sleep").then_some(()))
            })
            .unwrap();
            process
        })
        .join()
        .unwrap();
        let status = wait::until("the orphan to die", DEADLINE, || Ok(process.child.try_wait()?)).unwrap();
        assert_eq!(status.signal(), Some(9));
    }
}
