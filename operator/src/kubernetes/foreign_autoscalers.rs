//! Autoscalers that people made for Deployments of a platform.

use k8s_openapi::api::autoscaling::v2::HorizontalPodAutoscaler;
use kube::ResourceExt as _;

use crate::kubernetes::names;

/// The label selector of autoscalers that the operator did not make.
pub fn selector() -> String {
    format!("{}!={}", names::MANAGED_BY_LABEL, names::MANAGER)
}

/// The Deployment that an autoscaler sets the replicas of; `None` if it scales something else or is ours.
pub fn scaled_deployment(autoscaler: &HorizontalPodAutoscaler) -> Option<&str> {
    let ours = autoscaler
        .labels()
        .get(names::MANAGED_BY_LABEL)
        .is_some_and(|manager| manager == names::MANAGER);
    let target = &autoscaler.spec.as_ref()?.scale_target_ref;
    (!ours && target.kind == "Deployment").then_some(target.name.as_str())
}
