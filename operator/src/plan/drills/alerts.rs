//! The alerts that have to fire during a drill: whether they can, who is asked, and whether they did.

use fdp_crds::drill::Expectation;
use fdp_drill::{AlertsSeen, AskedAlerts, Report};

use crate::{
    components::monitoring::{Alert, address_of_prometheus, raised_alerts, way_for_drills},
    model::object::Planned,
    plan::drills::settings::Run,
    spec::{Monitoring, Validated},
};

/// Why the alerts that a drill expects cannot be seen, or cannot fire in its time.
pub(super) fn refused(run: &Run<'_>, platform: &Validated) -> Option<(&'static str, String)> {
    let names = expected(run);
    if names.is_empty() {
        return None;
    }
    let monitoring = platform.monitoring.as_ref();
    if !monitoring.is_some_and(Monitoring::is_managed) {
        let message = "expect.alerts needs a Prometheus of the platform's own: enable monitoring, by spec.monitoring.provider \
                       of the platform: Managed, and change spec.run";
        return Some(("NoPrometheus", message.to_owned()));
    }
    if !monitoring.is_some_and(|monitoring| monitoring.alerts) {
        let message = "the platform's Prometheus has no alerts: unset spec.monitoring.alerts of it, and change spec.run";
        return Some(("NoAlerts", message.to_owned()));
    }
    let known = raised_alerts();
    let has_time = run.fault_seconds().saturating_add(run.recovery_seconds());
    names.iter().find_map(|name| {
        let Some(alert) = known.iter().find(|alert| alert.name == *name) else {
            return Some(("UnknownAlert", unknown(name, &known)));
        };
        (alert.fires_after > has_time).then(|| {
            let message = format!(
                "{name} fires {} s after its cause at the latest, and fault.seconds and recoverySeconds are {has_time} s \
                 together: lengthen them, and change spec.run",
                alert.fires_after
            );
            ("TooShortForAlert", message)
        })
    })
}

fn unknown(name: &str, known: &[Alert]) -> String {
    let names: Vec<&str> = known.iter().map(|alert| alert.name.as_str()).collect();
    format!(
        "the platform's Prometheus raises no alert {name}: change spec.expect.alerts, and spec.run; there are {}",
        names.join(", ")
    )
}

/// What the load is told to look for.
pub(super) fn asked(run: &Run<'_>, platform: &Validated) -> Option<AskedAlerts> {
    let names = expected(run);
    (!names.is_empty()).then(|| AskedAlerts {
        prometheus: address_of_prometheus(platform),
        names: names.to_vec(),
    })
}

/// What lets the load look, from its first Job on: it takes a while until a policy is in force.
pub(super) fn way(run: &Run<'_>, platform: &Validated, jobs: &[Planned]) -> Option<Planned> {
    (!jobs.is_empty() && !expected(run).is_empty()).then(|| way_for_drills(platform))
}

/// Whether the alerts fired.
pub(super) fn expectation(names: &[String], report: &Report) -> Option<Expectation> {
    if names.is_empty() {
        return None;
    }
    let nothing = AlertsSeen::default();
    let seen = report.alerts.as_deref().unwrap_or(&nothing);
    let was_looked = report.alerts.is_some() && seen.problem.is_none();
    let missing = || names.iter().filter(|name| !seen.fired.contains_key(*name));
    let met = if missing().next().is_none() {
        Some(true)
    } else {
        // An alert that was there before may have had another cause; one that nobody looked for may have fired.
        (was_looked && missing().any(|name| !seen.before.contains(name))).then_some(false)
    };
    Some(Expectation {
        name: "alerts".to_owned(),
        expected: format!("{} during the drill", firing(names)),
        measured: measured(names, seen),
        met,
        order: None,
    })
}

fn firing(names: &[String]) -> String {
    let verb = if names.len() == 1 { "fires" } else { "fire" };
    format!("{} {verb}", names.join(", "))
}

fn measured(names: &[String], seen: &AlertsSeen) -> String {
    let expected = names.iter().map(|name| match seen.fired.get(name) {
        Some(after) => format!("{name} after {after} s"),
        None if seen.before.contains(name) => format!("the cause of {name} was there before the fault"),
        None => format!("{name} never"),
    });
    let others = seen
        .others
        .iter()
        .map(|(name, after)| format!("also {name} after {after} s"));
    expected
        .chain(others)
        .chain(seen.problem.clone())
        .collect::<Vec<_>>()
        .join(", ")
}

fn expected<'r>(run: &'r Run<'_>) -> &'r [String] {
    &run.spec().expect.alerts
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn judged(names: &[&str], alerts: &serde_json::Value) -> Expectation {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let report = serde_json::from_value(json!({ "alerts": alerts })).unwrap();
        expectation(&names, &report).unwrap()
    }

    #[test]
    fn an_alert_that_fired_in_time_is_told_with_its_time_and_so_are_others() {
        let one = judged(
            &["ServiceDown"],
            &json!({ "fired": { "ServiceDown": 141 }, "others": { "BreakerOpen": 78 } }),
        );
        assert_eq!(one.met, Some(true));
        assert_eq!(one.expected, "ServiceDown fires during the drill");
        assert_eq!(
            one.measured,
            "ServiceDown after 141 s, also BreakerOpen after 78 s"
        );
    }

    #[test]
    fn one_of_two_alerts_is_not_enough() {
        let one = judged(
            &["ServiceDown", "ErrorRate"],
            &json!({ "fired": { "ServiceDown": 141 } }),
        );
        assert_eq!(one.met, Some(false));
        assert_eq!(one.expected, "ServiceDown, ErrorRate fire during the drill");
        assert_eq!(one.measured, "ServiceDown after 141 s, ErrorRate never");
    }

    #[test]
    fn an_alert_whose_cause_was_there_before_proves_nothing() {
        let one = judged(&["ServiceDown"], &json!({ "before": ["ServiceDown"] }));
        assert_eq!(one.met, None);
        assert_eq!(
            one.measured,
            "the cause of ServiceDown was there before the fault"
        );
    }

    #[test]
    fn a_prometheus_that_does_not_answer_proves_nothing_but_what_it_had_said() {
        let alerts = json!({ "problem": "Prometheus at http://a:9090 could not be asked: no connection" });
        let one = judged(&["ServiceDown"], &alerts);
        assert_eq!(one.met, None);
        assert!(one.measured.ends_with("no connection"), "{}", one.measured);
        let one = judged(
            &["ServiceDown"],
            &json!({ "fired": { "ServiceDown": 141 }, "problem": "why" }),
        );
        assert_eq!(one.met, Some(true));
        assert_eq!(
            expectation(&["A".to_owned()], &Report::default()).unwrap().met,
            None,
            "nobody looked"
        );
    }
}
