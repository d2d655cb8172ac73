//! Tests that what hangs is restarted: all services at once, then the data stores.

use crate::World;
use crate::pods::{OF_PLATFORM, pods};
use fdp_catalogue::Service;
use fdp_local::install;
use fdp_local::kubectl::Kubectl;
use fdp_local::shop::TO_THE_DOOR;
use fdp_local::wait;
use libtest_mimic::Failed;
use serde_json::{Value, json};
use std::fs;
use std::process::Command;
use std::time::{Duration, Instant};

/// More than twice the bound of the slowest probe, with the start of what was restarted.
const RESTARTED: Duration = Duration::from_mins(5);
/// How long customers may still be refused when the platform is ready again.
const ACCEPTED: Duration = Duration::from_secs(30);
const DATA_STORES: [&str; 2] = ["kafka", "postgres"];

/// A container of the platform as it was before its first process was stopped.
struct Container {
    pod: String,
    pod_uid: String,
    name: String,
    id: String,
    restarts: u64,
    /// How long it may take until it is restarted, by its own probe.
    bound: Duration,
}

/// Stops the first process of all services at once, then those of Kafka and PostgreSQL, and waits each time until the kubelet has
/// restarted them.
pub(crate) fn whatever_hangs_is_restarted_and_orders_go_on(world: &World) -> Result<(), Failed> {
    hang(world, &Service::ALL.map(Service::name))?;
    hang(world, &DATA_STORES)?;
    let shop = &world.shop;
    let order = wait::until("an order to be accepted", ACCEPTED, || {
        shop.order(&json!({"item": "통닭", "storeId": 1}))
            .map_err(|failure| failure.to_string())
    })?;
    shop.wait_for_state(&order, "Delivered", TO_THE_DOOR, &mut |_| {})?;
    Ok(())
}

fn hang(world: &World, parts: &[&str]) -> Result<(), Failed> {
    let kubectl = &world.platform.kubectl;
    let mut waiting = containers(kubectl, parts)?;
    let mut stopped = Stopped::default();
    for container in &waiting {
        stopped.stop(&container.first_process()?)?;
    }
    let since = Instant::now();
    wait::until("a restart of every container that hangs", RESTARTED, || {
        let pods = pods(kubectl, OF_PLATFORM).map_err(|failure| failure.to_string())?;
        waiting.retain(|container| {
            let took = since.elapsed();
            let restarted = container.was_restarted(&pods);
            if restarted {
                println!(
                    "{} of {} was restarted after {} s, its bound is {} s",
                    container.name,
                    container.pod,
                    took.as_secs(),
                    container.bound.as_secs()
                );
            }
            !restarted
        });
        match waiting.first() {
            None => Ok(()),
            Some(one) => Err(format!("{} still hang, such as {}", waiting.len(), one.pod)),
        }
    })?;
    println!(
        "all of {parts:?} were restarted after {} s",
        since.elapsed().as_secs()
    );
    let left = RESTARTED.saturating_sub(since.elapsed());
    install::wait_until_ready(kubectl, left, &mut |_| {})?;
    println!(
        "the platform is Ready again after {} s",
        since.elapsed().as_secs()
    );
    Ok(())
}

/// The running containers of these parts, of which each has at least one.
fn containers(kubectl: &Kubectl, parts: &[&str]) -> Result<Vec<Container>, Failed> {
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

    /// Whether it runs anew. A pod that an autoscaler took away has nothing left that hangs.
    fn was_restarted(&self, pods: &[Value]) -> bool {
        let pod = pods.iter().find(|pod| pod["metadata"]["uid"] == *self.pod_uid);
        let Some(pod) = pod else { return true };
        let statuses = pod["status"]["containerStatuses"].as_array();
        statuses
            .into_iter()
            .flatten()
            .find(|status| status["name"] == *self.name)
            .and_then(|status| status["restartCount"].as_u64())
            .is_some_and(|restarts| restarts > self.restarts)
    }

    /// The process of this machine that has the number 1 in the container.
    fn first_process(&self) -> Result<String, Failed> {
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

/// Processes that were stopped; those that still are go on when this is dropped.
#[derive(Default)]
struct Stopped(Vec<String>);

impl Stopped {
    fn stop(&mut self, process: &str) -> Result<(), Failed> {
        let sent = Command::new("kill").args(["-STOP", process]).status();
        if !sent.map_err(|error| format!("starting kill: {error}"))?.success() {
            return Err(format!("process {process} could not be stopped").into());
        }
        self.0.push(process.to_owned());
        Ok(())
    }
}

impl Drop for Stopped {
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
