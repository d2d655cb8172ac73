//! Reads the drills of a platform and the pods of their load, whose faults are part of the plan.

use std::sync::Arc;

use fdp_crds::ResilienceDrill;
use k8s_openapi::api::core::v1::Pod;
use kube::{Api, Client, api::ListParams};

use crate::{
    connect::{ClusterError, is_not_found},
    kubernetes::names,
};

/// The drills of a platform, and the pods of their load. There are none where the cluster does not know drills, or does not
/// let them be read.
pub(super) async fn read(
    client: &Client,
    namespace: &str,
    platform: &str,
) -> Result<(Vec<Arc<ResilienceDrill>>, Vec<Arc<Pod>>), ClusterError> {
    let api = Api::<ResilienceDrill>::namespaced(client.clone(), namespace);
    let mut drills = match api.list(&ListParams::default()).await {
        Ok(drills) => drills.items,
        Err(error) if is_not_found(&error) => Vec::new(),
        Err(error) => {
            let doing = format!("list the resiliencedrills in namespace {namespace}");
            match ClusterError::new(doing, &error) {
                ClusterError::Forbidden { .. } => Vec::new(),
                other => return Err(other),
            }
        }
    };
    drills.retain(|drill| drill.spec.platform == platform);
    if drills.is_empty() {
        return Ok((Vec::new(), Vec::new()));
    }
    let labels = names::selector(platform, names::DRILL);
    let labels: Vec<String> = labels
        .iter()
        .map(|(key, value)| format!("{key}={value}"))
        .collect();
    let pods = Api::<Pod>::namespaced(client.clone(), namespace)
        .list(&ListParams::default().labels(&labels.join(",")))
        .await
        .map_err(|error| ClusterError::new(format!("list the pods in namespace {namespace}"), &error))?;
    Ok((
        drills.into_iter().map(Arc::new).collect(),
        pods.items.into_iter().map(Arc::new).collect(),
    ))
}
