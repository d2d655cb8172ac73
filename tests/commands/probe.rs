//! Runs the command of a liveness probe while its server answers, hangs, and answers again.

use std::{
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::{
    pod::{Pod, said, strings},
    running::Running,
    wait::until,
};

const POLL_INTERVAL: Duration = Duration::from_millis(20);

/// What a probe found.
#[derive(Debug, PartialEq)]
enum Found {
    Alive,
    Hung(String),
    /// The kubelet would count this as hung as well, and have to end the command.
    TooLate,
}

/// Fails the test unless the liveness probe of a container tells that it hangs while its first process is stopped, and only then.
pub(crate) fn tells_what_hangs(pod: &Pod, running: &Running, container: &str, variables: &[(&str, &str)]) {
    let probe = &pod.container(container)["livenessProbe"];
    let command = strings(&probe["exec"]["command"]);
    assert!(!command.is_empty(), "{probe}");
    tells_when_stopped(probe, &running.first_process(), || {
        pod.executes_in(running, container, &command, variables)
    });
}

/// The same for a process of this machine, and a command that asks it.
pub(crate) fn tells_when_stopped(probe: &Value, process: &str, ask: impl Fn() -> Command) {
    let limit = Duration::from_secs(probe["timeoutSeconds"].as_u64().unwrap());
    let alive = || match asked(ask(), limit) {
        Found::Alive => Ok(()),
        other => Err(format!("{other:?}")),
    };
    until("the first answer", alive);
    signal("-STOP", process);
    let found = asked(ask(), limit);
    signal("-CONT", process);
    assert!(matches!(found, Found::Hung(_)), "{found:?}");
    until("an answer of what goes on", alive);
}

fn asked(mut command: Command, limit: Duration) -> Found {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let deadline = Instant::now() + limit;
    while child.try_wait().unwrap().is_none() {
        if Instant::now() > deadline {
            child.kill().unwrap();
            child.wait().unwrap();
            return Found::TooLate;
        }
        thread::sleep(POLL_INTERVAL);
    }
    let output = child.wait_with_output().unwrap();
    if output.status.success() {
        Found::Alive
    } else {
        Found::Hung(said(&output))
    }
}

fn signal(name: &str, process: &str) {
    let sent = Command::new("kill").args([name, process]).status().unwrap();
    assert!(sent.success(), "kill {name} {process}: {sent}");
}
