//! The condition about autoscalers, for platforms that have some.

use fdp_crds::condition;

use crate::{
    model::{
        apis::MetricsApi,
        assessment::{Condition, ConditionStatus},
        observed::Observed,
        reason::Reason,
    },
    plan::room::Room,
    spec::{Scaling, Validated},
};

/// Whether autoscalers have metrics, and nodes room for the replicas. A platform without either is ready all the same.
pub(super) fn condition(platform: &Validated, observed: &Observed) -> Option<Condition> {
    let scaled = |scaling: &Scaling| matches!(scaling, Scaling::Automatic { .. });
    let services = platform.services.iter().map(|settings| &settings.scaling);
    let extensions = platform.extensions.iter().map(|extension| &extension.scaling);
    if !services.chain(extensions).any(scaled) {
        return None;
    }
    let no_room = Room::needed(platform, observed).words();
    let (status, reason, message) = match (&observed.metrics, no_room) {
        (MetricsApi::Available, Some(no_room)) => (ConditionStatus::False, Reason::NoRoom, no_room),
        (MetricsApi::Available, None) => (
            ConditionStatus::True,
            Reason::Ready,
            "the cluster measures the use of CPU".to_owned(),
        ),
        (MetricsApi::Missing, _) => (
            ConditionStatus::False,
            Reason::MetricsMissing,
            "nobody measures the use of CPU, so that autoscalers do nothing: install metrics-server"
                .to_owned(),
        ),
        (MetricsApi::Unavailable(why), _) => (
            ConditionStatus::False,
            Reason::MetricsUnavailable,
            format!("APIService v1beta1.metrics.k8s.io: {why}; look at metrics-server"),
        ),
    };
    Some(Condition {
        type_: condition::AUTOSCALING_READY,
        status,
        reason,
        message,
    })
}
