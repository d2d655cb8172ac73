//! The processor time of each part of a platform, and how long its limit has held it up, as the kubelet measures them.

use crate::report;
use anyhow::{Context, Result};
use fdp_local::install::NAMESPACE;
use fdp_local::kubectl::Kubectl;
use std::collections::BTreeMap;

const USED: &str = "container_cpu_usage_seconds_total";
const HELD_UP: &str = "container_cpu_cfs_throttled_seconds_total";

/// Seconds of each container of each pod, which are never reset while the pod lives.
#[derive(Debug, Clone, Default)]
pub(super) struct Usage {
    used: BTreeMap<Key, f64>,
    held_up: BTreeMap<Key, f64>,
}

/// A pod and its container.
type Key = (String, String);

impl Usage {
    /// The usage of all pods in the platform's namespace until now.
    ///
    /// # Errors
    /// When a kubelet does not answer.
    pub(super) fn of(kubectl: &Kubectl) -> Result<Self> {
        let nodes = kubectl.json(&["get", "nodes"])?;
        let mut usage = Self::default();
        for node in nodes["items"].as_array().into_iter().flatten() {
            let name = node["metadata"]["name"]
                .as_str()
                .context("a node without a name")?;
            let path = format!("/api/v1/nodes/{name}/proxy/metrics/cadvisor");
            usage.read(&kubectl.run(&["get", "--raw", &path])?);
        }
        Ok(usage)
    }

    fn read(&mut self, metrics: &str) {
        for line in metrics.lines() {
            for (name, seconds) in [(USED, &mut self.used), (HELD_UP, &mut self.held_up)] {
                let Some(rest) = line.strip_prefix(name).and_then(|rest| rest.strip_prefix('{')) else {
                    continue;
                };
                let Some((labels, value)) = rest.split_once("} ") else {
                    continue;
                };
                let label = |label: &str| {
                    let (_, rest) = labels.split_once(&format!("{label}=\""))?;
                    Some(rest.split_once('"')?.0.to_owned())
                };
                let key = (label("pod"), label("container"));
                let (Some(pod), Some(container)) = key else {
                    continue;
                };
                let is_ours = label("namespace").as_deref() == Some(NAMESPACE);
                let value = value
                    .split_whitespace()
                    .next()
                    .and_then(|value| value.parse().ok());
                if let (true, false, Some(value)) = (is_ours, container.is_empty(), value) {
                    seconds.insert((pod, container), value);
                }
            }
        }
    }

    /// What was used since `before`. Pods that are gone by now are not in it.
    pub(super) fn since(&self, before: &Self) -> Self {
        let difference = |now: &BTreeMap<Key, f64>, before: &BTreeMap<Key, f64>| {
            let used = now.iter().map(|(key, seconds)| {
                let earlier = before.get(key).copied().unwrap_or_default();
                (key.clone(), seconds - earlier)
            });
            used.collect()
        };
        Self {
            used: difference(&self.used, &before.used),
            held_up: difference(&self.held_up, &before.held_up),
        }
    }

    /// Prints thousandths of a core, by container, during so many seconds.
    pub(super) fn print(&self, seconds: f64) {
        for (container, (pods, used)) in by_container(&self.used) {
            let held_up = by_container(&self.held_up)
                .get(&container)
                .map_or(0.0, |(_, seconds)| *seconds);
            let words = match (pods, held_up > 0.05) {
                (1, false) => format!("  {container}"),
                (_, false) => format!("  {container}, {pods} pods"),
                (_, true) => format!("  {container}, {pods} pods, held up by limits for {held_up:.1} s"),
            };
            report::figure(&words, used / seconds * 1000.0, "m");
        }
    }
}

/// The number of pods and the seconds of each container.
fn by_container(seconds: &BTreeMap<Key, f64>) -> BTreeMap<String, (usize, f64)> {
    let mut sums: BTreeMap<String, (usize, f64)> = BTreeMap::new();
    for ((_, container), seconds) in seconds {
        let sum = sums.entry(container.clone()).or_default();
        sum.0 += 1;
        sum.1 += seconds;
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;

    const METRICS: &str = r#"# TYPE container_cpu_usage_seconds_total counter
container_cpu_usage_seconds_total{container="",cpu="total",namespace="food-delivery",pod="shop-pay-1"} 9 1
container_cpu_usage_seconds_total{container="pay",cpu="total",namespace="food-delivery",pod="shop-pay-1"} 2.5 1
container_cpu_usage_seconds_total{container="pay",cpu="total",namespace="food-delivery",pod="shop-pay-2"} 0.5 1
container_cpu_usage_seconds_total{container="pay",cpu="total",namespace="other",pod="shop-pay-1"} 7 1
container_cpu_cfs_throttled_seconds_total{container="pay",namespace="food-delivery",pod="shop-pay-1"} 0.25 1
"#;

    #[test]
    fn the_containers_of_the_platform_are_added_up_and_no_others() {
        let mut usage = Usage::default();
        usage.read(METRICS);
        let used = by_container(&usage.used);
        assert_eq!(used.len(), 1);
        assert_eq!(used["pay"].0, 2);
        assert!((used["pay"].1 - 3.0).abs() < 1e-9);
        let since = usage.since(&usage);
        assert!(by_container(&since.used)["pay"].1.abs() < 1e-9);
        assert!((by_container(&usage.held_up)["pay"].1 - 0.25).abs() < 1e-9);
    }
}
