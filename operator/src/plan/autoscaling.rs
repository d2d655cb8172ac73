//! The autoscaler of one service.

use k8s_openapi::{
    api::autoscaling::v2::{
        CrossVersionObjectReference, HorizontalPodAutoscaler, HorizontalPodAutoscalerSpec, MetricSpec,
        MetricTarget, ResourceMetricSource,
    },
    apimachinery::pkg::apis::meta::v1::ObjectMeta,
};

use super::{
    names::{self, Component},
    object::{Planned, Wave},
    validated::{Scaling, ServiceSettings, Validated},
};

/// The `HorizontalPodAutoscaler` of a service; `None` if its number of replicas is fixed.
pub fn autoscaler(platform: &Validated, settings: &ServiceSettings) -> Option<Planned> {
    let Scaling::Automatic {
        min,
        max,
        cpu_percent,
    } = settings.scaling
    else {
        return None;
    };
    let part = settings.service.name();
    let autoscaler = HorizontalPodAutoscaler {
        metadata: ObjectMeta {
            name: Some(platform.child(part)),
            labels: Some(names::labels(&platform.name, part, Component::Service)),
            ..Default::default()
        },
        spec: Some(HorizontalPodAutoscalerSpec {
            scale_target_ref: CrossVersionObjectReference {
                api_version: Some("apps/v1".to_owned()),
                kind: "Deployment".to_owned(),
                name: platform.child(part),
            },
            min_replicas: Some(min),
            max_replicas: max,
            metrics: Some(vec![MetricSpec {
                type_: "Resource".to_owned(),
                resource: Some(ResourceMetricSource {
                    name: "cpu".to_owned(),
                    target: MetricTarget {
                        type_: "Utilization".to_owned(),
                        average_utilization: Some(cpu_percent),
                        ..Default::default()
                    },
                }),
                ..Default::default()
            }]),
            ..Default::default()
        }),
        ..Default::default()
    };
    Some(Planned::new(Wave::Routing, &autoscaler))
}
