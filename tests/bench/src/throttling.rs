//! How long the kernel has held back the pods of the platform because they had used up their limit of processor time.

use crate::report;
use anyhow::{Context, Result};
use fdp_local::install::NAMESPACE;
use fdp_local::kubectl::Kubectl;
use std::collections::BTreeMap;
use std::fs::{read_dir, read_to_string};
use std::path::{Path, PathBuf};

/// Where the kernel keeps the processor time of groups of processes: version 1 of control groups, or version 2.
const ROOTS: [&str; 2] = ["/sys/fs/cgroup/cpu", "/sys/fs/cgroup"];
/// The file with what was held back (<https://docs.kernel.org/scheduler/sched-bwc.html>).
const STATISTICS: &str = "cpu.stat";

/// What the pods of each part were held back so far.
pub(crate) struct Throttling {
    by_part: BTreeMap<String, HeldBack>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct HeldBack {
    /// Those with a limit.
    pods: u64,
    /// Times of 100 ms, by default, in which something ran.
    periods: u64,
    /// Those of them in which the limit was reached.
    throttled: u64,
    milliseconds: u64,
}

impl Throttling {
    /// What all pods of the platform that are there were held back until now.
    ///
    /// # Errors
    /// When the pods cannot be read.
    pub(crate) fn now(kubectl: &Kubectl) -> Result<Self> {
        let groups = groups();
        let pods = kubectl.json(&["get", "pods", "--namespace", NAMESPACE])?;
        let mut by_part: BTreeMap<String, HeldBack> = BTreeMap::new();
        for pod in pods["items"].as_array().context("the pods are no list")? {
            let metadata = &pod["metadata"];
            let part = metadata["labels"]["app.kubernetes.io/name"].as_str();
            let group = metadata["uid"].as_str().and_then(|uid| groups.get(uid));
            if let Some((part, group)) = part.zip(group) {
                by_part.entry(part.to_owned()).or_default().add(of_pod(group));
            }
        }
        Ok(Self { by_part })
    }

    /// Prints what was held back since `before`, for each part that reached its limit.
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    pub(crate) fn print_since(&self, before: &Self) {
        let since = self.by_part.iter().map(|(part, now)| {
            let then = before.by_part.get(part).copied().unwrap_or_default();
            (part, now.without(then))
        });
        let reached: Vec<_> = since.filter(|(_, held_back)| held_back.throttled > 0).collect();
        report::figure(
            "  parts whose pods reached their limit of processor time",
            reached.len() as f64,
            "",
        );
        for (part, held_back) in reached {
            report::figure(
                &format!("    {} pods of {part}, of their time", held_back.pods),
                100.0 * held_back.throttled as f64 / held_back.periods.max(1) as f64,
                "%",
            );
            report::figure("    held back for", held_back.milliseconds as f64, "ms");
        }
    }
}

impl HeldBack {
    fn add(&mut self, other: Self) {
        self.pods += other.pods;
        self.periods += other.periods;
        self.throttled += other.throttled;
        self.milliseconds += other.milliseconds;
    }

    /// What came since then; pods may have gone meanwhile.
    fn without(self, then: Self) -> Self {
        Self {
            pods: self.pods,
            periods: self.periods.saturating_sub(then.periods),
            throttled: self.throttled.saturating_sub(then.throttled),
            milliseconds: self.milliseconds.saturating_sub(then.milliseconds),
        }
    }

    /// Without periods there is no limit.
    fn read(statistics: &str) -> Self {
        let value = |name: &str| {
            let mut lines = statistics.lines().filter_map(|line| line.split_once(' '));
            let line = lines.find(|(known, _)| *known == name);
            line.and_then(|(_, value)| value.trim().parse::<u64>().ok())
        };
        let periods = value("nr_periods").unwrap_or_default();
        let nanoseconds = value("throttled_time").unwrap_or_default();
        let microseconds = value("throttled_usec").unwrap_or_default();
        Self {
            pods: u64::from(periods > 0),
            periods,
            throttled: value("nr_throttled").unwrap_or_default(),
            milliseconds: nanoseconds / 1_000_000 + microseconds / 1_000,
        }
    }
}

/// A pod is held back by its own limit, or by that of one of its containers.
fn of_pod(group: &Path) -> HeldBack {
    let read = |group: &Path| read_to_string(group.join(STATISTICS)).unwrap_or_default();
    let mut held_back = HeldBack::read(&read(group));
    for container in folders(group) {
        let of_container = HeldBack::read(&read(&container));
        held_back.pods = held_back.pods.max(of_container.pods);
        held_back.periods = held_back.periods.max(of_container.periods);
        held_back.throttled += of_container.throttled;
        held_back.milliseconds += of_container.milliseconds;
    }
    held_back
}

/// The control group of every pod on the machine, by the pod's uid.
fn groups() -> BTreeMap<String, PathBuf> {
    let mut groups = BTreeMap::new();
    let mut left: Vec<PathBuf> = ROOTS
        .iter()
        .map(PathBuf::from)
        .filter(|root| root.exists())
        .take(1)
        .collect();
    while let Some(folder) = left.pop() {
        let name = folder.file_name().unwrap_or_default().to_string_lossy();
        match uid(&name) {
            Some(uid) => {
                groups.insert(uid, folder.clone());
            }
            None => left.extend(folders(&folder)),
        }
    }
    groups
}

/// The uid in a name such as `pod7b2ab925-b339-40dc-b72c-4942b144beb1`, or `kubepods-burstable-pod7b2ab925_b339_….slice`.
fn uid(name: &str) -> Option<String> {
    let (_, uid) = name.trim_end_matches(".slice").rsplit_once("pod")?;
    (uid.len() == 36).then(|| uid.replace('_', "-"))
}

fn folders(folder: &Path) -> Vec<PathBuf> {
    let entries = read_dir(folder).into_iter().flatten().flatten();
    let is_folder = |entry: &std::fs::DirEntry| entry.file_type().is_ok_and(|kind| kind.is_dir());
    entries.filter(is_folder).map(|entry| entry.path()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_versions_of_control_groups_tell_what_was_held_back() {
        let expected = HeldBack {
            pods: 1,
            periods: 14_605,
            throttled: 2,
            milliseconds: 34,
        };
        let first = "nr_periods 14605\nnr_throttled 2\nthrottled_time 34284556\nnr_bursts 0\nburst_time 0\n";
        let second = "usage_usec 9\nnr_periods 14605\nnr_throttled 2\nthrottled_usec 34284\n";
        assert_eq!([HeldBack::read(first), HeldBack::read(second)], [expected; 2]);
        let unlimited = "nr_periods 0\nnr_throttled 0\nthrottled_time 0\n";
        assert_eq!(HeldBack::read(unlimited), HeldBack::default());
    }

    #[test]
    fn the_group_of_a_pod_is_known_by_its_uid() {
        let known = Some("7b2ab925-b339-40dc-b72c-4942b144beb1".to_owned());
        assert_eq!(uid("pod7b2ab925-b339-40dc-b72c-4942b144beb1"), known);
        assert_eq!(
            uid("kubepods-burstable-pod7b2ab925_b339_40dc_b72c_4942b144beb1.slice"),
            known
        );
        assert_eq!(uid("kubepods"), None);
    }
}
