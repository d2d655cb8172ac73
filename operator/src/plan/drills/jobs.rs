//! How far a Job of a drill is.

use fdp_drill::Report;
use k8s_openapi::{
    api::{
        batch::v1::Job,
        core::v1::{ContainerState, Pod},
    },
    jiff::Timestamp,
};

use crate::{
    kubernetes::{health::shortened, job, names::DRILL},
    model::observed::Observed,
};

/// How far a Job is.
pub(super) enum Progress {
    Missing,
    /// Its container has not started yet.
    Starting,
    Running {
        since: Timestamp,
    },
    Ended {
        since: Option<Timestamp>,
        at: Option<Timestamp>,
        report: Result<Box<Report>, String>,
    },
}

/// How far the Job of that name is.
pub(super) fn progress(name: &str, observed: &Observed) -> Progress {
    let Some(job) = observed.children.typed::<Job>(name) else {
        return Progress::Missing;
    };
    for pod in job::pods(DRILL, name, observed) {
        let Some(state) = state(pod) else { continue };
        if let Some(ended) = &state.terminated {
            let words = ended.message.as_deref().unwrap_or_default().trim();
            return Progress::Ended {
                since: ended.started_at.as_ref().map(|time| time.0),
                at: ended.finished_at.as_ref().map(|time| time.0),
                report: serde_json::from_str(words).map_err(|_| unreadable(words, ended.exit_code)),
            };
        }
        if let Some(running) = &state.running
            && let Some(since) = &running.started_at
        {
            return Progress::Running { since: since.0 };
        }
    }
    let conditions = job
        .status
        .and_then(|status| status.conditions)
        .unwrap_or_default();
    let failed = conditions
        .into_iter()
        .find(|condition| condition.type_ == "Failed" && condition.status == "True");
    match failed {
        Some(failed) => Progress::Ended {
            since: None,
            at: None,
            report: Err(failed.message.unwrap_or_else(|| "it failed".to_owned())),
        },
        None => Progress::Starting,
    }
}

fn state(pod: &Pod) -> Option<&ContainerState> {
    let mut containers = pod.status.as_ref()?.container_statuses.iter().flatten();
    // A sidecar may be one of them.
    containers
        .find(|container| container.name == DRILL)?
        .state
        .as_ref()
}

fn unreadable(words: &str, exit_code: i32) -> String {
    let words = words.lines().last().unwrap_or_default();
    if words.is_empty() {
        format!("it ended with exit code {exit_code} and without a report")
    } else {
        format!("it ended with exit code {exit_code}: {}", shortened(words))
    }
}
