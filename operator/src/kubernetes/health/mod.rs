//! Says whether a workload is up, and if not, why, naming the object.

mod deployment;
mod job;
mod pod;
mod stateful_set;

use std::sync::Arc;

use k8s_openapi::api::core::v1::Pod;
use kube::ResourceExt as _;

use crate::{
    kubernetes::names,
    model::{
        apis::{Apis, Family},
        health::Health,
    },
};
pub use deployment::{deployment, rolled_out_since};
pub use job::job;
pub use stateful_set::stateful_set;

/// What is said of a part whose program the cluster does not have; `field` is the one that asks for it.
pub fn absent(family: Family, apis: &Apis, field: &str) -> Health {
    let kind = apis.missing(family).unwrap_or_default();
    Health::Absent(format!(
        "{family} is not in the cluster, which does not serve {kind}: install {family}, or change {field}"
    ))
}

pub fn observed(generation: Option<i64>, observed_generation: Option<i64>) -> bool {
    observed_generation.unwrap_or(0) >= generation.unwrap_or(0)
}

/// What keeps the worst of these pods from being ready.
pub fn why(pods: &[&Arc<Pod>]) -> Option<String> {
    pods.iter()
        .filter_map(|pod| pod::trouble(pod))
        .max_by_key(|(weight, _)| *weight)
        .map(|(_, why)| why)
}

/// The text, cut off where nobody would read on.
pub fn shortened(text: &str) -> String {
    const LONGEST: usize = 200;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// The pods of one part.
pub fn pods_of<'a>(pods: &'a [Arc<Pod>], part: &str) -> Vec<&'a Arc<Pod>> {
    pods.iter()
        .filter(|pod| {
            pod.labels()
                .get(names::NAME_LABEL)
                .is_some_and(|name| name == part)
        })
        .collect()
}

#[cfg(test)]
mod tests;
