//! The processor time of each part of a platform, as the kubelets measure it, and how long its limit has held it up, as the
//! kernel of this machine counts it.

use crate::report;
use anyhow::{Context, Result};
use fdp_local::install::NAMESPACE;
use fdp_local::kubectl::Kubectl;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

const USED: &str = "container_cpu_usage_seconds_total{";
/// Where the kernel may keep the groups of processes: each controller in a folder of its own, or all in one.
const GROUPS: [&str; 2] = ["/sys/fs/cgroup/cpu", "/sys/fs/cgroup"];
/// How deep the groups of pods are below, at most.
const DEPTH: usize = 6;

/// Seconds of each pod, by its name. They are never reset while it lives.
#[derive(Debug, Clone, Default)]
pub(super) struct Usage {
    parts: BTreeMap<String, String>,
    used: BTreeMap<String, f64>,
    held_up: BTreeMap<String, f64>,
}

impl Usage {
    /// The usage of all pods in the platform's namespace until now.
    ///
    /// # Errors
    /// When a kubelet does not answer.
    pub(super) fn of(kubectl: &Kubectl) -> Result<Self> {
        let pods = kubectl.json(&["get", "pods", "--namespace", NAMESPACE])?;
        let nodes = kubectl.json(&["get", "nodes"])?;
        let mut usage = Self::default();
        for pod in items(&pods) {
            let metadata = &pod["metadata"];
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            let name = text(&metadata["name"]);
            let part = text(&metadata["labels"]["app.kubernetes.io/name"]);
            if let Some(seconds) = held_up(&text(&metadata["uid"])) {
                usage.held_up.insert(name.clone(), seconds);
            }
            usage.parts.insert(name, part);
        }
        for node in items(&nodes) {
            let name = node["metadata"]["name"]
                .as_str()
                .context("a node without a name")?;
            let path = format!("/api/v1/nodes/{name}/proxy/metrics/resource");
            usage.read(&kubectl.run(&["get", "--raw", &path])?);
        }
        Ok(usage)
    }

    fn read(&mut self, metrics: &str) {
        for line in metrics.lines() {
            let Some((labels, value)) = line.strip_prefix(USED).and_then(|rest| rest.split_once("} ")) else {
                continue;
            };
            let label = |label: &str| {
                let (_, rest) = labels.split_once(&format!("{label}=\""))?;
                Some(rest.split_once('"')?.0)
            };
            let seconds: Option<f64> = value
                .split_whitespace()
                .next()
                .and_then(|seconds| seconds.parse().ok());
            if let (Some(NAMESPACE), Some(pod), Some(seconds)) = (label("namespace"), label("pod"), seconds) {
                *self.used.entry(pod.to_owned()).or_default() += seconds;
            }
        }
    }

    /// What was used since `before`. Pods that are gone by now are not in it.
    pub(super) fn since(&self, before: &Self) -> Self {
        let difference = |now: &BTreeMap<String, f64>, before: &BTreeMap<String, f64>| {
            let since = now.iter().map(|(pod, seconds)| {
                let earlier = before.get(pod).copied().unwrap_or_default();
                (pod.clone(), seconds - earlier)
            });
            since.collect()
        };
        Self {
            parts: self.parts.clone(),
            used: difference(&self.used, &before.used),
            held_up: difference(&self.held_up, &before.held_up),
        }
    }

    /// Prints thousandths of a core, by part, during so many seconds.
    pub(super) fn print(&self, seconds: f64) {
        let held_up = self.by_part(&self.held_up);
        for (part, (pods, used)) in self.by_part(&self.used) {
            let held_up = held_up.get(part).map_or(0.0, |(_, seconds)| *seconds);
            let pods = if pods > 1 {
                format!(", {pods} pods")
            } else {
                String::new()
            };
            let held_up = if held_up > 0.05 {
                format!(", held up by its limit for {held_up:.1} s")
            } else {
                String::new()
            };
            let words = format!("  {part}{pods}{held_up}");
            report::figure(&words, used / seconds * 1000.0, "m");
        }
    }

    /// The number of pods and the seconds of each part.
    fn by_part(&self, seconds: &BTreeMap<String, f64>) -> BTreeMap<&str, (usize, f64)> {
        let mut sums: BTreeMap<&str, (usize, f64)> = BTreeMap::new();
        for (pod, seconds) in seconds {
            let part = self.parts.get(pod).map_or("gone", String::as_str);
            let sum = sums.entry(part).or_default();
            sum.0 += 1;
            sum.1 += seconds;
        }
        sums
    }
}

fn items(list: &Value) -> impl Iterator<Item = &Value> {
    list["items"].as_array().into_iter().flatten()
}

/// How long the limit of a pod has held it up so far, in seconds.
fn held_up(uid: &str) -> Option<f64> {
    let group = format!("pod{uid}");
    let folder = GROUPS
        .iter()
        .find_map(|groups| below(Path::new(groups), &group, DEPTH))?;
    let counts = std::fs::read_to_string(folder.join("cpu.stat")).ok()?;
    counts.lines().find_map(|line| {
        let (name, count) = line.split_once(' ')?;
        let count: f64 = count.parse().ok()?;
        match name {
            "throttled_time" => Some(count / 1e9),
            "throttled_usec" => Some(count / 1e6),
            _ => None,
        }
    })
}

/// The folder of that name somewhere below another one.
fn below(folder: &Path, name: &str, depth: usize) -> Option<PathBuf> {
    let here = folder.join(name);
    if here.is_dir() {
        return Some(here);
    }
    if depth == 0 {
        return None;
    }
    let entries = std::fs::read_dir(folder).ok()?.flatten();
    let mut folders = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
    folders.find_map(|entry| below(&entry.path(), name, depth - 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    const METRICS: &str = r#"# TYPE container_cpu_usage_seconds_total counter
container_cpu_usage_seconds_total{container="pay",namespace="food-delivery",pod="shop-pay-1"} 2.5 1
container_cpu_usage_seconds_total{container="proxy",namespace="food-delivery",pod="shop-pay-1"} 0.5 1
container_cpu_usage_seconds_total{container="pay",namespace="food-delivery",pod="shop-pay-2"} 1 1
container_cpu_usage_seconds_total{container="pay",namespace="other",pod="shop-pay-1"} 7 1
"#;

    #[test]
    fn the_pods_of_a_part_are_added_up_and_those_of_others_are_not() {
        let mut usage = Usage::default();
        for pod in ["shop-pay-1", "shop-pay-2"] {
            usage.parts.insert(pod.to_owned(), "pay".to_owned());
        }
        usage.read(METRICS);
        let (pods, seconds) = usage.by_part(&usage.used)["pay"];
        assert_eq!(pods, 2);
        assert!((seconds - 4.0).abs() < 1e-9);
        let since = usage.since(&usage);
        assert!(since.by_part(&since.used)["pay"].1.abs() < 1e-9);
    }

    #[test]
    fn a_folder_is_found_at_any_depth_that_is_allowed() {
        let folder = tempfile::tempdir().unwrap();
        let deep = folder.path().join("a/b/pod-1");
        std::fs::create_dir_all(&deep).unwrap();
        assert_eq!(below(folder.path(), "pod-1", 2), Some(deep));
        assert_eq!(below(folder.path(), "pod-1", 1), None);
    }
}
