//! The conditions of platforms as metrics, for alerts.

use std::fmt::Write as _;

use fdp_crds::FoodDeliveryPlatform;
use kube::ResourceExt as _;

/// The metric of one condition of one platform.
const CONDITION: &str = "fdp_platform_condition";

/// The conditions of all platforms in Prometheus' text format
/// (<https://prometheus.io/docs/instrumenting/exposition_formats/>): 1 if a condition is true, 0 if it is false, -1 if it is
/// unknown.
///
/// It is written from the platforms that there are, so that nothing is left of one that was deleted.
pub fn platform_metrics<'a>(platforms: impl Iterator<Item = &'a FoodDeliveryPlatform>) -> String {
    let mut lines: Vec<String> = platforms.flat_map(conditions).collect();
    if lines.is_empty() {
        return String::new();
    }
    lines.sort();
    let mut text = String::new();
    let _ = writeln!(
        text,
        "# HELP {CONDITION} Whether a condition of a platform is true (1), false (0) or unknown (-1)"
    );
    let _ = writeln!(text, "# TYPE {CONDITION} gauge");
    for line in lines {
        let _ = writeln!(text, "{line}");
    }
    text
}

fn conditions(platform: &FoodDeliveryPlatform) -> Vec<String> {
    let (namespace, name) = (platform.namespace().unwrap_or_default(), platform.name_any());
    let conditions = platform.status.iter().flat_map(|status| &status.conditions);
    conditions
        .map(|condition| {
            let value = match condition.status.as_str() {
                "True" => 1,
                "False" => 0,
                _ => -1,
            };
            let type_ = &condition.type_;
            format!(
                "{CONDITION}{{namespace=\"{namespace}\",platform=\"{name}\",condition=\"{type_}\"}} {value}"
            )
        })
        .collect()
}

#[cfg(test)]
mod tests {
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
        let text = platform_metrics([&shop].into_iter());
        let series: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
        let expected = [("MeshReady", "-1"), ("Ready", "0"), ("Stalled", "1")].map(|(condition, value)| {
            format!(
                "fdp_platform_condition{{namespace=\"food\",platform=\"shop\",condition=\"{condition}\"}} {value}"
            )
        });
        assert_eq!(series, expected);
        assert_eq!(platform_metrics(std::iter::empty()), "");
    }
}
