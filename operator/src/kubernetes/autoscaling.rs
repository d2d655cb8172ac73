//! The autoscaler of one workload.

use k8s_openapi::api::autoscaling::v2::{
    ContainerResourceMetricSource, CrossVersionObjectReference, HPAScalingPolicy, HPAScalingRules,
    HorizontalPodAutoscaler, HorizontalPodAutoscalerBehavior, HorizontalPodAutoscalerSpec, MetricSpec,
    MetricTarget,
};

use crate::{
    kubernetes::{metadata::metadata, names::Component},
    model::object::{Planned, Wave},
    spec::{Scaling, Validated},
};

/// The `HorizontalPodAutoscaler` of a part; `None` if its number of replicas is fixed.
///
/// It looks at the container of the part alone, which has the part's name: what a sidecar uses is none of its load, and a
/// sidecar that asks for no CPU would keep it from knowing anything.
pub fn autoscaler(
    platform: &Validated,
    part: &str,
    component: Component,
    scaling: Scaling,
) -> Option<Planned> {
    let Scaling::Automatic {
        min,
        max,
        cpu_percent,
    } = scaling
    else {
        return None;
    };
    let autoscaler = HorizontalPodAutoscaler {
        metadata: metadata(platform, part, component),
        spec: Some(HorizontalPodAutoscalerSpec {
            scale_target_ref: CrossVersionObjectReference {
                api_version: Some("apps/v1".to_owned()),
                kind: "Deployment".to_owned(),
                name: platform.child(part),
            },
            min_replicas: Some(min),
            max_replicas: max,
            metrics: Some(vec![MetricSpec {
                type_: "ContainerResource".to_owned(),
                container_resource: Some(ContainerResourceMetricSource {
                    container: part.to_owned(),
                    name: "cpu".to_owned(),
                    target: MetricTarget {
                        type_: "Utilization".to_owned(),
                        average_utilization: Some(cpu_percent),
                        ..Default::default()
                    },
                }),
                ..Default::default()
            }]),
            behavior: Some(behavior()),
        }),
        ..Default::default()
    };
    Some(Planned::new(Wave::Routing, &autoscaler))
}

/// Scales up at once, because customers wait; scales down later and by half at most, because the load may rise again
/// soon. Values that Kubernetes would default are set too, so that they do not count as drift.
fn behavior() -> HorizontalPodAutoscalerBehavior {
    let policy = |type_: &str, value, period_seconds| HPAScalingPolicy {
        type_: type_.to_owned(),
        value,
        period_seconds,
    };
    let rules = |stabilization, policies| HPAScalingRules {
        stabilization_window_seconds: Some(stabilization),
        select_policy: Some("Max".to_owned()),
        policies: Some(policies),
        ..Default::default()
    };
    HorizontalPodAutoscalerBehavior {
        scale_up: Some(rules(0, vec![policy("Percent", 100, 15), policy("Pods", 4, 15)])),
        scale_down: Some(rules(120, vec![policy("Percent", 50, 60)])),
    }
}
