//! The conditions of platforms as metrics, for alerts.

use std::fmt::Write as _;

use fdp_crds::FoodDeliveryPlatform;
use kube::ResourceExt as _;

use crate::controller::{condition_changes::ConditionChanges, platform::PlatformKey};

/// The metric of one condition of one platform.
const CONDITION: &str = "fdp_platform_condition";
/// The metric of the changes of one condition of one platform.
const CHANGES: &str = "fdp_platform_condition_changes_total";

/// The conditions of all platforms in Prometheus' text format
/// (<https://prometheus.io/docs/instrumenting/exposition_formats/>): 1 if a condition is true, 0 if it is false, -1 if it is
/// unknown.
///
/// It is written from the platforms that there are, so that nothing is left of one that was deleted. So are their changes,
/// of which the operator that writes tells: a part that was away for seconds would stand in no gauge.
pub fn platform_metrics<'a>(
    platforms: impl Iterator<Item = &'a FoodDeliveryPlatform>,
    changes: &ConditionChanges,
) -> String {
    let (mut lines, mut keys) = (Vec::new(), Vec::new());
    for platform in platforms {
        keys.push(key(platform));
        lines.extend(conditions(platform));
    }
    let mut text = String::new();
    let help = "Whether a condition of a platform is true (1), false (0) or unknown (-1)";
    write(&mut text, CONDITION, "gauge", help, lines);
    let counts = changes.of(&keys);
    let counts = counts.iter().flat_map(|(platform, counts)| {
        counts
            .iter()
            .map(|(type_, count)| series(CHANGES, platform, type_, count))
    });
    let help = "How often a condition of a platform has changed since this operator started";
    write(&mut text, CHANGES, "counter", help, counts.collect());
    text
}

fn write(text: &mut String, metric: &str, type_: &str, help: &str, mut lines: Vec<String>) {
    if lines.is_empty() {
        return;
    }
    lines.sort();
    let _ = writeln!(text, "# HELP {metric} {help}");
    let _ = writeln!(text, "# TYPE {metric} {type_}");
    for line in lines {
        let _ = writeln!(text, "{line}");
    }
}

fn key(platform: &FoodDeliveryPlatform) -> PlatformKey {
    PlatformKey::new(platform.namespace().unwrap_or_default(), platform.name_any())
}

fn series(metric: &str, platform: &PlatformKey, type_: &str, value: impl std::fmt::Display) -> String {
    let PlatformKey { namespace, name } = platform;
    format!("{metric}{{namespace=\"{namespace}\",platform=\"{name}\",condition=\"{type_}\"}} {value}")
}

fn conditions(platform: &FoodDeliveryPlatform) -> Vec<String> {
    let key = key(platform);
    let conditions = platform.status.iter().flat_map(|status| &status.conditions);
    conditions
        .map(|condition| {
            let value = match condition.status.as_str() {
                "True" => 1,
                "False" => 0,
                _ => -1,
            };
            series(CONDITION, &key, &condition.type_, value)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
    use serde_json::json;

    use super::*;
    use crate::view::test_platform::platform;

    #[test]
    fn each_condition_of_each_platform_is_a_series() {
        let condition = |type_: &str, status: &str| {
            json!({ "type": type_, "status": status, "reason": "Any", "message": "",
                    "lastTransitionTime": "2026-01-01T00:00:00Z" })
        };
        let shop = platform(
            json!({ "metadata": { "namespace": "food", "name": "shop" }, "spec": {}, "status": { "conditions": [
            condition("Ready", "False"), condition("Stalled", "True"), condition("MeshReady", "Unknown"),
        ] } }),
        );
        let text = platform_metrics([&shop].into_iter(), &ConditionChanges::default());
        let series: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
        let expected = [("MeshReady", "-1"), ("Ready", "0"), ("Stalled", "1")].map(|(condition, value)| {
            format!(
                "fdp_platform_condition{{namespace=\"food\",platform=\"shop\",condition=\"{condition}\"}} {value}"
            )
        });
        assert_eq!(series, expected);
        assert_eq!(
            platform_metrics(std::iter::empty(), &ConditionChanges::default()),
            ""
        );
    }

    #[test]
    fn each_change_of_a_condition_is_counted() {
        let shop = platform(json!({ "metadata": { "namespace": "food", "name": "shop" }, "spec": {} }));
        let changes = ConditionChanges::default();
        let ready = |status: &str| -> Vec<Condition> {
            serde_json::from_value(
                json!([{ "type": "Ready", "status": status, "reason": "R", "message": "",
                                            "lastTransitionTime": "2026-01-01T00:00:00Z" }]),
            )
            .unwrap()
        };
        changes.count(&key(&shop), &ready("True"), &ready("False"));
        changes.count(&PlatformKey::new("food", "gone"), &[], &ready("True"));
        let text = platform_metrics([&shop].into_iter(), &changes);
        assert!(
            text.ends_with(
                "# TYPE fdp_platform_condition_changes_total counter\n\
                 fdp_platform_condition_changes_total{namespace=\"food\",platform=\"shop\",condition=\"Ready\"} 1\n"
            ),
            "{text}"
        );
    }
}
