//! What to do about a condition: its cure, and a command to copy.

use fdp_crds::{FoodDeliveryPlatform, Target};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::ResourceExt;

use crate::model::reason::Reason;

/// The kinds that messages name, and how kubectl calls them; a pod says most.
const KINDS: &[(&str, &str)] = &[
    ("pod", "pod"),
    ("Deployment", "deployment"),
    ("StatefulSet", "statefulset"),
    ("DaemonSet", "daemonset"),
    ("Job", "job"),
    ("Service", "service"),
    ("ConfigMap", "configmap"),
    ("Secret", "secret"),
];

/// What to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cure {
    pub advice: &'static str,
    /// A command that shows more, or that does it.
    pub command: String,
}

impl Cure {
    /// What to do about a condition of a platform; `None` if there is nothing to do.
    pub fn of(condition: &Condition, platform: &FoodDeliveryPlatform) -> Option<Self> {
        let reason = Reason::named(&condition.reason)?;
        let advice = reason.explanation().cure;
        (!advice.is_empty()).then(|| Self {
            advice,
            command: command(reason, &condition.message, platform),
        })
    }
}

fn command(reason: Reason, message: &str, platform: &FoodDeliveryPlatform) -> String {
    let (namespace, name) = (platform.namespace().unwrap_or_default(), platform.name_any());
    let patch =
        |spec: &str| format!("kubectl -n {namespace} patch fdp {name} --type merge -p '{{\"spec\":{spec}}}'");
    match reason {
        Reason::Suspended => return patch("{\"suspend\":false}"),
        Reason::OrdersRefused => return format!("kubectl -n {namespace} edit fdp {name}"),
        Reason::MetricsMissing | Reason::MetricsUnavailable => {
            return "kubectl get apiservice v1beta1.metrics.k8s.io".to_owned();
        }
        _ => {}
    }
    if let Some(before) = version_before(message, platform) {
        return patch(&format!("{{\"image\":{{\"tag\":\"{before}\"}}}}"));
    }
    // With `target: eks` the objects are in another cluster than the resource.
    let is_elsewhere = platform.spec.target == Some(Target::Eks);
    match object(message).filter(|_| !is_elsewhere) {
        Some((kind, object)) => format!("kubectl -n {namespace} describe {kind} {object}"),
        None => format!("kubectl -n {namespace} describe fdp {name}"),
    }
}

/// The version that all services ran last, if the message is about an image of another one that the platform names.
fn version_before<'a>(message: &str, platform: &'a FoodDeliveryPlatform) -> Option<&'a str> {
    let before = platform.status.as_ref()?.version.as_deref()?;
    let (_, image) = message.split_once("cannot pull image ")?;
    let image = image.split([' ', ';']).next()?.trim_end_matches(':');
    let (_, failing) = image.rsplit_once(':')?;
    let named = platform.spec.image.as_ref()?.tag.as_deref()?;
    (failing == named && failing != before && before.chars().all(is_in_tag)).then_some(before)
}

fn is_in_tag(character: char) -> bool {
    character.is_ascii_alphanumeric() || "._-".contains(character)
}

/// The object that a message names first; a pod, if it names one.
fn object(message: &str) -> Option<(&'static str, &str)> {
    let named = |kind: &str| {
        let (_, rest) = message.split_once(&format!("{kind} "))?;
        let name = rest.split([':', ' ', ';', ',']).next()?;
        let is_name = |character: char| character.is_ascii_alphanumeric() || ".-".contains(character);
        (!name.is_empty() && name.chars().all(is_name)).then_some(name)
    };
    KINDS
        .iter()
        .find_map(|(written, kind)| Some((*kind, named(written)?)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::view::test_platform::platform;

    fn shop(tag: &str) -> FoodDeliveryPlatform {
        platform(json!({
            "metadata": { "name": "shop", "namespace": "food" },
            "spec": { "image": { "tag": tag } },
            "status": { "version": "0.1.0" },
        }))
    }

    fn cure(reason: &str, message: &str) -> String {
        let condition = serde_json::from_value(json!({
            "type": "ServicesReady", "status": "False", "reason": reason, "message": message,
            "lastTransitionTime": "2026-01-01T00:00:00Z",
        }))
        .unwrap();
        Cure::of(&condition, &shop("nosuchtag")).unwrap().command
    }

    #[test]
    fn an_image_that_cannot_be_pulled_is_cured_by_the_version_before() {
        let message = "Deployment shop-pay: 1 of 1 replicas updated: pod shop-pay-x: ImagePullBackOff: \
                       cannot pull image r.example/pay:nosuchtag: not found; and 2 more";
        assert_eq!(
            cure("Failed", message),
            r#"kubectl -n food patch fdp shop --type merge -p '{"spec":{"image":{"tag":"0.1.0"}}}'"#
        );
        // It is not the platform's tag that names it.
        assert_eq!(
            cure("Failed", &message.replace("nosuchtag", "own")),
            "kubectl -n food describe pod shop-pay-x"
        );
    }

    #[test]
    fn the_command_describes_the_object_that_the_message_names() {
        let cases = [
            (
                "Failed",
                "Job shop-setup-1: not finished: refused: x",
                "describe job shop-setup-1",
            ),
            (
                "Waiting",
                "StatefulSet shop-kafka: 0 of 1 ready",
                "describe statefulset shop-kafka",
            ),
            (
                "ApplyFailed",
                "Service shop-pay: forbidden",
                "describe service shop-pay",
            ),
            ("ApiMissing", "Istio is not in the cluster", "describe fdp shop"),
            ("Failed", "Deployment $(rm -r x): why", "describe fdp shop"),
            (
                "Waiting",
                "Deployment shop-a: 0 of 1 ready: pod shop-a-b: starting",
                "describe pod shop-a-b",
            ),
        ];
        for (reason, message, expected) in cases {
            assert_eq!(cure(reason, message), format!("kubectl -n food {expected}"));
        }
    }

    #[test]
    fn a_suspended_platform_is_resumed() {
        assert_eq!(
            cure(
                "Suspended",
                "suspended; when resumed, these change: Deployment shop-pay"
            ),
            r#"kubectl -n food patch fdp shop --type merge -p '{"spec":{"suspend":false}}'"#
        );
    }

    #[test]
    fn good_news_needs_no_cure() {
        let condition = serde_json::from_value(json!({
            "type": "Ready", "status": "True", "reason": "PlatformReady", "message": "everything is up",
            "lastTransitionTime": "2026-01-01T00:00:00Z",
        }))
        .unwrap();
        assert_eq!(Cure::of(&condition, &shop("1")), None);
    }
}
