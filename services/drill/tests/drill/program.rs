//! Runs the real program with an assignment, and reads its report.

use fdp_drill::{ASSIGNMENT, Arrivals, Assignment, DelayRange, Mix, PayFault, Phase, Report, Stage};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::net::SocketAddr;
use std::process::Stdio;
use tempfile::TempDir;
use tokio::process::{Child, Command};

pub(crate) const ORDERS: Mix = Mix {
    order: 1,
    browse: 0,
    cancel: 0,
};

pub(crate) fn assignment(gateway: SocketAddr, arrivals: Arrivals, stages: &[(Phase, u32)]) -> Assignment {
    let stages = stages.iter().map(|&(phase, seconds)| Stage { phase, seconds });
    Assignment {
        gateway: format!("http://{gateway}"),
        customers: "drill-slow-pay-1".to_owned(),
        arrivals,
        ignore_retry_after: false,
        new_connection_percent: 0,
        mix: ORDERS,
        stages: stages.collect(),
        pay: None,
        sidecars: None,
        alerts: None,
        guard: None,
        settle_seconds: 10,
    }
}

pub(crate) fn slow_pay(address: SocketAddr) -> PayFault {
    PayFault {
        address: address.to_string(),
        delay: Some(DelayRange {
            min_ms: 400,
            max_ms: 620,
        }),
        failure_percent: 5,
    }
}

/// The program while it runs.
pub(crate) struct Program {
    child: Child,
    directory: TempDir,
}

/// What it has left.
pub(crate) struct Done {
    pub(crate) code: Option<i32>,
    pub(crate) report: Report,
}

impl Program {
    pub(crate) fn start(assignment: &Assignment) -> Self {
        Self::start_with(&serde_json::to_string(assignment).unwrap())
    }

    pub(crate) fn start_with(assignment: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let child = Command::new(env!("CARGO_BIN_EXE_drill"))
            .arg("--report")
            .arg(directory.path().join("termination-log"))
            .env(ASSIGNMENT, assignment)
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        Self { child, directory }
    }

    pub(crate) fn terminate(&self) {
        let id = i32::try_from(self.child.id().unwrap()).unwrap();
        kill(Pid::from_raw(id), Signal::SIGTERM).unwrap();
    }

    pub(crate) async fn done(self) -> Done {
        let output = self.child.wait_with_output().await.unwrap();
        let text = std::fs::read_to_string(self.directory.path().join("termination-log")).unwrap();
        assert_eq!(String::from_utf8(output.stdout).unwrap().trim_end(), text);
        assert!(text.len() <= 4096, "{text}");
        Done {
            code: output.status.code(),
            report: serde_json::from_str(&text).unwrap(),
        }
    }
}
