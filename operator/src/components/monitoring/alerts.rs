//! The alerts from `manifests/alerts/`.

use std::sync::LazyLock;

use fdp_crds::foreign::prometheus::{PrometheusRuleSpec, Rule};

use crate::{
    components::monitoring::filled::filled,
    model::object::to_value,
    spec::{Validated, canonical::sorted},
};

/// What the managed Prometheus does not read: the metrics of the operator, which tell of all platforms, and those of
/// kube-state-metrics.
const UNREAD: [&str; 2] = ["fdp_platform_condition", "kube_"];
const FILE: &str = include_str!("../../../../manifests/alerts/platform.yaml");

#[expect(
    clippy::expect_used,
    reason = "the file is part of the program, and a test reads it"
)]
static RULES: LazyLock<PrometheusRuleSpec> =
    LazyLock::new(|| serde_saphyr::from_str(FILE).expect("the file holds groups of alerts"));

/// Every alert, without the names of a platform.
pub(super) fn all() -> impl Iterator<Item = &'static Rule> {
    RULES.groups.iter().flat_map(|group| &group.rules)
}

/// Every alert that the managed Prometheus can raise.
pub(super) fn managed() -> impl Iterator<Item = &'static Rule> {
    all().filter(|rule| is_read(rule))
}

/// Whether the managed Prometheus reads what an alert is about.
fn is_read(rule: &Rule) -> bool {
    !UNREAD.iter().any(|metric| rule.expr.contains(metric))
}

/// The platform's alerts as the file of the managed Prometheus, without those that it could never raise.
pub(super) fn file(platform: &Validated) -> String {
    let mut rules = rules(platform);
    for group in &mut rules.groups {
        group.rules.retain(is_read);
    }
    rules.groups.retain(|group| !group.rules.is_empty());
    // Prometheus reads JSON too, as that is YAML.
    format!("{:#}", sorted(&to_value(&rules)))
}

/// The platform's alerts as the spec of a `PrometheusRule`, for a Prometheus that may read more.
pub(super) fn rules(platform: &Validated) -> PrometheusRuleSpec {
    let mut rules = RULES.clone();
    for rule in rules.groups.iter_mut().flat_map(|group| &mut group.rules) {
        rule.expr = filled(&rule.expr, platform);
        for text in rule.annotations.values_mut() {
            *text = filled(text, platform);
        }
    }
    rules
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_alert_says_how_bad_it_is_and_what_to_do() {
        for rule in all() {
            let severity = rule.labels["severity"].as_str();
            assert!(
                matches!(severity, "critical" | "warning"),
                "{}: {severity}",
                rule.alert
            );
            for annotation in ["summary", "description"] {
                let text = rule.annotations.get(annotation);
                assert!(
                    text.is_some_and(|text| text.len() > 20),
                    "{}: {annotation}",
                    rule.alert
                );
            }
        }
    }
}
