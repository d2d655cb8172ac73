//! The alerts that a drill can wait for, and the way on which its load asks the managed Prometheus for them.

use k8s_openapi::api::networking::v1::NetworkPolicyIngressRule;

use crate::{
    components::monitoring::{alerts, prometheus::PORT, scraping::INTERVAL},
    kubernetes::{
        metadata::pods_of,
        names::{Component, DRILL, PROMETHEUS, PROMETHEUS_DRILLS},
        network_policy::{part, policy_for, port},
    },
    model::object::Planned,
    spec::Validated,
};

/// An alert that the managed Prometheus can raise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alert {
    pub name: String,
    /// How long its cause has to be there, in seconds, until it is certain to fire.
    pub fires_after: u32,
}

/// Every alert that the managed Prometheus can raise.
pub fn raised_alerts() -> Vec<Alert> {
    // A cause is read at the next scrape, and judged at the next evaluation.
    let noticed_within = 2 * seconds(INTERVAL).unwrap_or_default();
    alerts::managed()
        .map(|rule| Alert {
            name: rule.alert.clone(),
            fires_after: noticed_within + rule.for_.as_deref().and_then(seconds).unwrap_or_default(),
        })
        .collect()
}

/// The URL at which alerts are asked for, without a path.
pub fn address_of_prometheus(platform: &Validated) -> String {
    format!("http://{}:{PORT}", platform.child(PROMETHEUS))
}

/// Lets the load of drills reach the managed Prometheus. The policy of Prometheus itself stays as it is: what policies allow
/// adds up.
pub fn way_for_drills(platform: &Validated) -> Planned {
    policy_for(
        platform,
        PROMETHEUS_DRILLS,
        Component::Drill,
        pods_of(platform, PROMETHEUS),
        vec![NetworkPolicyIngressRule {
            from: Some(vec![part(platform, DRILL)]),
            ports: Some(vec![port(PORT, "TCP")]),
        }],
        Vec::new(),
    )
}

/// A time in Prometheus' notation, of one unit, in seconds.
fn seconds(time: &str) -> Option<u32> {
    let (number, unit) = time.split_at_checked(time.len().checked_sub(1)?)?;
    let unit = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        _ => return None,
    };
    number.parse::<u32>().ok()?.checked_mul(unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alert_that_reads_what_the_managed_prometheus_lacks_is_not_offered() {
        let names: Vec<String> = raised_alerts().into_iter().map(|alert| alert.name).collect();
        assert!(names.contains(&"ServiceDown".to_owned()), "{names:?}");
        for unread in [
            "PlatformStalled",
            "PlatformNotReady",
            "ReplicasMissing",
            "StoreRestarted",
        ] {
            assert!(!names.contains(&unread.to_owned()), "{unread}");
        }
    }

    #[test]
    fn an_alert_fires_after_its_own_time_and_that_in_which_its_cause_is_noticed() {
        let fires_after = |name: &str| {
            let alerts = raised_alerts();
            alerts
                .iter()
                .find(|alert| alert.name == name)
                .unwrap()
                .fires_after
        };
        assert_eq!(fires_after("ServiceDown"), 150);
        assert_eq!(fires_after("EventsDeadLettered"), 30);
    }

    #[test]
    fn the_time_of_every_alert_is_read() {
        for rule in alerts::all() {
            let time = rule.for_.as_deref();
            assert!(time.is_none_or(|time| seconds(time).is_some()), "{}", rule.alert);
        }
        assert_eq!(
            ["90s", "2m", "1h"].map(seconds),
            [Some(90), Some(120), Some(3600)]
        );
        assert_eq!(["", "m", "1d", "분"].map(seconds), [None; 4]);
    }
}
