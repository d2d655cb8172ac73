//! The alerts from `manifests/alerts/`.

use std::sync::LazyLock;

use fdp_crds::foreign::prometheus::{PrometheusRuleSpec, Rule};

use crate::{components::monitoring::filled::filled, spec::Validated};

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

/// The platform's alerts as a file for Prometheus.
pub(super) fn file(platform: &Validated) -> String {
    filled(FILE, platform)
}

/// The platform's alerts as the spec of a `PrometheusRule`.
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
