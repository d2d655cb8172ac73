//! Remembers when each alert was first seen to fire.

use super::answer::Alert;
use chrono::{DateTime, Utc};
use fdp_drill::AlertsSeen;
use std::time::Duration;

/// How many alerts that nobody asked for are told.
const OTHERS: usize = 5;

#[derive(Debug)]
pub(super) struct Noted<'n> {
    expected: &'n [String],
    seen: AlertsSeen,
}

impl<'n> Noted<'n> {
    pub(super) fn new(expected: &'n [String]) -> Self {
        Self {
            expected,
            seen: AlertsSeen::default(),
        }
    }

    /// What Prometheus tells so long after the beginning of the fault. An alert has a series for each part that it is about:
    /// one whose cause came with the fault is enough.
    pub(super) fn see(&mut self, alerts: &[Alert], began: DateTime<Utc>, after: Duration) {
        let seen = &mut self.seen;
        for alert in alerts.iter().filter(|alert| alert.fires()) {
            let name = &alert.labels.name;
            let is_expected = self.expected.contains(name);
            if alert.active_at < began {
                if is_expected {
                    seen.before.insert(name.clone());
                }
                continue;
            }
            let known = if is_expected {
                &mut seen.fired
            } else {
                &mut seen.others
            };
            if is_expected || known.len() < OTHERS || known.contains_key(name) {
                known.entry(name.clone()).or_insert(after.as_secs());
            }
        }
    }

    pub(super) fn seen(self) -> AlertsSeen {
        self.seen
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn alert(name: &str, state: &str, active_at: i64) -> Alert {
        let active_at = DateTime::from_timestamp(active_at, 0).unwrap().to_rfc3339();
        serde_json::from_value(serde_json::json!({
            "labels": { "alertname": name }, "state": state, "activeAt": active_at,
        }))
        .unwrap()
    }

    fn seen(looks: &[(u64, &[Alert])]) -> AlertsSeen {
        let expected = ["ServiceDown".to_owned(), "BreakerOpen".to_owned()];
        let mut noted = Noted::new(&expected);
        let began = DateTime::from_timestamp(1_000, 0).unwrap();
        for (after, alerts) in looks {
            noted.see(alerts, began, Duration::from_secs(*after));
        }
        noted.seen()
    }

    #[test]
    fn each_alert_is_noted_when_it_first_fires_and_not_while_it_is_pending() {
        let down = |state| alert("ServiceDown", state, 1_003);
        let seen = seen(&[
            (6, &[down("pending")]),
            (126, &[down("firing"), alert("ErrorRate", "firing", 1_006)]),
            (129, &[down("firing")]),
        ]);
        assert_eq!(seen.fired, BTreeMap::from([("ServiceDown".to_owned(), 126)]));
        assert_eq!(seen.others, BTreeMap::from([("ErrorRate".to_owned(), 126)]));
        assert!(seen.before.is_empty());
    }

    #[test]
    fn a_cause_from_before_the_fault_is_told_apart_from_one_of_another_part() {
        let before = alert("ServiceDown", "firing", 990);
        let both = [before.clone(), alert("ServiceDown", "firing", 1_001)];
        let only_before = seen(&[(3, &[before.clone(), alert("ErrorRate", "firing", 990)])]);
        assert!(only_before.fired.is_empty() && only_before.others.is_empty());
        assert!(only_before.before.contains("ServiceDown"));
        assert_eq!(seen(&[(3, &both)]).fired["ServiceDown"], 3);
    }

    #[test]
    fn of_alerts_that_nobody_asked_for_only_some_are_told() {
        let many: Vec<Alert> = (0..20)
            .map(|number| alert(&format!("Other{number:02}"), "firing", 1_001))
            .chain([alert("ServiceDown", "firing", 1_001)])
            .collect();
        let seen = seen(&[(3, &many)]);
        assert_eq!((seen.others.len(), seen.fired.len()), (OTHERS, 1));
    }
}
