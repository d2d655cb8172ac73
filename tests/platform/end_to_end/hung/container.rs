//! Containers of the platform, their processes on this machine, and whether they were restarted.

use crate::pods::{OF_PLATFORM, pods};
use fdp_local::kubectl::Kubectl;
use libtest_mimic::Failed;
use serde_json::Value;
use std::fs;
use std::time::Duration;

/// A container of the platform as it was before its first process was stopped.
pub(super) struct Container {
    pub(super) pod: String,
    pod_uid: String,
    pub(super) name: String,
    id: String,
    restarts: u64,
    /// How long it may take until it is restarted, by its own probe.
    pub(super) bound: Duration,
}

/// The running containers of these parts, of which each has at least one.
pub(super) fn containers(kubectl: &Kubectl, parts: &[&str]) -> Result<Vec<Container>, Failed> {
    let pods = pods(kubectl, OF_PLATFORM)?;
    let mut found = Vec::new();
    for part in parts {
        let before = found.len();
        let of_part = pods.iter().filter(|pod| {
            pod["metadata"]["labels"]["app.kubernetes.io/name"] == *part
                && pod["status"]["phase"] == "Running"
                && pod["metadata"]["deletionTimestamp"].is_null()
        });
        for pod in of_part {
            let statuses = pod["status"]["containerStatuses"].as_array();
            for status in statuses.into_iter().flatten() {
                found.push(Container::of(pod, status)?);
            }
        }
        if found.len() == before {
            return Err(format!("no container of {part} runs").into());
        }
    }
    Ok(found)
}

/// The running container of a part that has one.
pub(super) fn only_container(kubectl: &Kubectl, part: &str) -> Result<Container, Failed> {
    let found = containers(kubectl, &[part])?;
    let count = found.len();
    let [container] = <[Container; 1]>::try_from(found)
        .map_err(|_| format!("{part} has {count} containers where one was expected"))?;
    Ok(container)
}

impl Container {
    fn of(pod: &Value, status: &Value) -> Result<Self, Failed> {
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let missing = || format!("a container is not whole: {status}");
        let name = text(&status["name"]).ok_or_else(missing)?;
        let id = text(&status["containerID"]).ok_or_else(missing)?;
        let spec = pod["spec"]["containers"].as_array();
        let probe = spec
            .into_iter()
            .flatten()
            .find(|container| container["name"] == *name)
            .map(|container| container["livenessProbe"].clone())
            .unwrap_or_default();
        let number = |field: &str| probe[field].as_u64().unwrap_or_default();
        let found = number("periodSeconds") * number("failureThreshold") + number("timeoutSeconds");
        Ok(Self {
            pod: text(&pod["metadata"]["name"]).ok_or_else(missing)?,
            pod_uid: text(&pod["metadata"]["uid"]).ok_or_else(missing)?,
            id: id.rsplit('/').next().unwrap_or_default().to_owned(),
            restarts: status["restartCount"].as_u64().unwrap_or_default(),
            bound: Duration::from_secs(found + number("terminationGracePeriodSeconds")),
            name,
        })
    }

    /// Whether its pod is not among them: an autoscaler took it away, and nothing is left that hangs.
    pub(super) fn is_gone_from(&self, pods: &[Value]) -> bool {
        self.pod_in(pods).is_none()
    }

    /// Whether it runs anew.
    pub(super) fn restarted_in(&self, pods: &[Value]) -> bool {
        self.status_in(pods)
            .and_then(|status| status["restartCount"].as_u64())
            .is_some_and(|restarts| restarts > self.restarts)
    }

    /// Whether it gets requests.
    pub(super) fn is_ready_in(&self, pods: &[Value]) -> bool {
        self.status_in(pods).is_some_and(|status| status["ready"] == true)
    }

    fn pod_in<'a>(&self, pods: &'a [Value]) -> Option<&'a Value> {
        pods.iter().find(|pod| pod["metadata"]["uid"] == *self.pod_uid)
    }

    fn status_in<'a>(&self, pods: &'a [Value]) -> Option<&'a Value> {
        let statuses = self.pod_in(pods)?["status"]["containerStatuses"].as_array()?;
        statuses.iter().find(|status| status["name"] == *self.name)
    }

    /// The process of this machine that has the number 1 in the container.
    pub(super) fn first_process(&self) -> Result<String, Failed> {
        let folders = fs::read_dir("/proc").map_err(|error| format!("reading /proc: {error}"))?;
        let mut processes = folders
            .filter_map(Result::ok)
            .map(|folder| folder.file_name().to_string_lossy().into_owned())
            .filter(|name| name.bytes().all(|byte| byte.is_ascii_digit()));
        processes
            .find(|process| self.has(process) && is_first_in_its_namespace(process))
            .ok_or_else(|| format!("container {} of {} has no process here", self.name, self.pod).into())
    }

    /// Whether a process is in the container. A driver of control groups may write the pod's uid with underscores.
    fn has(&self, process: &str) -> bool {
        let groups = fs::read_to_string(format!("/proc/{process}/cgroup")).unwrap_or_default();
        groups.contains(&self.id)
            && [self.pod_uid.clone(), self.pod_uid.replace('-', "_")]
                .iter()
                .any(|uid| groups.contains(uid))
    }
}

fn is_first_in_its_namespace(process: &str) -> bool {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let numbers = status.lines().find_map(|line| line.strip_prefix("NSpid:"));
    numbers.is_some_and(|numbers| numbers.split_whitespace().last() == Some("1"))
}
