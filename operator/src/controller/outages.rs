//! Remembers the last times that a part was not ready: what is over in seconds would leave no trace in the conditions.

use fdp_crds::{
    FoodDeliveryPlatformStatus, Outage, ServiceStatus,
    condition::{self, AUTOSCALING_READY, READY, RECONCILING, SERVICES_READY, SETUP_COMPLETE, STALLED},
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;

/// How many are remembered. Those that last are never forgotten.
const REMEMBERED: usize = 5;
/// What is not about a part that customers or people could miss: the whole, and what only follows a change.
const NO_PARTS: [&str; 5] = [READY, RECONCILING, STALLED, SETUP_COMPLETE, AUTOSCALING_READY];

/// The outages, once the status has these conditions and services.
///
/// They change only when a condition does, so that remembering them costs no call.
pub(super) fn outages(
    previous: &FoodDeliveryPlatformStatus,
    conditions: &[Condition],
    services: &[ServiceStatus],
) -> Vec<Outage> {
    let mut outages: Vec<Outage> = previous.outages.clone();
    // Of a part that the platform has no more, nobody will say when it is up.
    outages.retain(|outage| outage.to.is_some() || condition::find(conditions, &outage.condition).is_some());
    for outage in outages.iter_mut().filter(|outage| outage.to.is_none()) {
        match condition::find(conditions, &outage.condition) {
            Some(now) if now.status == "False" => outage.message.clone_from(&now.message),
            Some(now) if now.status == "True" => outage.to = Some(now.last_transition_time.clone()),
            // Nobody knows yet.
            _ => {}
        }
    }
    let starts = conditions
        .iter()
        .filter(|now| now.status == "False" && !NO_PARTS.contains(&now.type_.as_str()))
        .filter(|now| condition::is_true(&previous.conditions, &now.type_))
        .filter(|now| now.type_ != SERVICES_READY || lack_replicas(services));
    for now in starts {
        let outage = Outage {
            condition: now.type_.clone(),
            message: now.message.clone(),
            from: now.last_transition_time.clone(),
            to: None,
        };
        outages.insert(0, outage);
    }
    let mut kept = 0;
    outages.retain(|outage| {
        kept += 1;
        outage.to.is_none() || kept <= REMEMBERED
    });
    outages
}

/// Whether a service has fewer replicas than it should have. One whose version is replaced has all of them.
fn lack_replicas(services: &[ServiceStatus]) -> bool {
    services.iter().any(|service| service.ready < service.desired)
}

#[cfg(test)]
mod tests {
    use fdp_crds::condition::KAFKA_READY;
    use k8s_openapi::{apimachinery::pkg::apis::meta::v1::Time, jiff::Timestamp};

    use super::*;

    fn at(second: i64) -> Time {
        Time(Timestamp::from_second(second).unwrap())
    }

    fn condition(type_: &str, status: &str, message: &str, second: i64) -> Condition {
        Condition {
            type_: type_.to_owned(),
            status: status.to_owned(),
            reason: "Any".to_owned(),
            message: message.to_owned(),
            observed_generation: None,
            last_transition_time: at(second),
        }
    }

    fn service(ready: i32) -> ServiceStatus {
        ServiceStatus {
            name: "pay".to_owned(),
            ready,
            desired: 1,
            ..ServiceStatus::default()
        }
    }

    /// The status after these conditions of one part, one after the other.
    fn after(type_: &str, ready: i32, said: &[(&str, &str, i64)]) -> FoodDeliveryPlatformStatus {
        let mut status = FoodDeliveryPlatformStatus::default();
        for (value, message, second) in said {
            let conditions = vec![condition(type_, value, message, *second)];
            status.outages = outages(&status, &conditions, &[service(ready)]);
            status.conditions = conditions;
        }
        status
    }

    #[test]
    fn three_seconds_without_a_service_are_remembered_with_their_cause() {
        let down = [
            ("True", "", 10),
            ("False", "0 of 1 ready", 50),
            ("False", "pod pay-x: killed", 50),
        ];
        let lasts = after(SERVICES_READY, 0, &down).outages;
        assert_eq!((lasts[0].from.clone(), lasts[0].to.clone()), (at(50), None));
        let over = after(SERVICES_READY, 0, &[&down[..], &[("True", "", 53)]].concat()).outages;
        let expected = Outage {
            condition: SERVICES_READY.to_owned(),
            message: "pod pay-x: killed".to_owned(),
            from: at(50),
            to: Some(at(53)),
        };
        assert_eq!(over, [expected]);
    }

    #[test]
    fn what_was_never_up_has_no_outage() {
        assert_eq!(
            after(
                KAFKA_READY,
                1,
                &[("False", "not created yet", 1), ("True", "", 2)]
            )
            .outages,
            []
        );
        assert_eq!(
            after(KAFKA_READY, 1, &[("Unknown", "", 1), ("False", "", 2)]).outages,
            []
        );
    }

    #[test]
    fn a_rollout_and_a_setup_are_no_outages() {
        let said = [
            ("True", "", 1),
            ("False", "0 of 1 replicas updated, 1 old left", 2),
            ("True", "", 9),
        ];
        assert_eq!(after(SERVICES_READY, 1, &said).outages, []);
        for type_ in NO_PARTS {
            assert_eq!(after(type_, 0, &said).outages, [], "{type_}");
        }
    }

    #[test]
    fn nothing_changes_while_the_conditions_do_not() {
        let status = after(KAFKA_READY, 1, &[("True", "", 1), ("False", "0 of 1 ready", 2)]);
        assert_eq!(outages(&status, &status.conditions, &[]), status.outages);
    }

    #[test]
    fn the_last_five_are_remembered_and_all_that_last() {
        let said: Vec<(&str, &str, i64)> = (0..20)
            .map(|second| {
                (
                    if second % 2 == 0 { "True" } else { "False" },
                    "0 of 1 ready",
                    second,
                )
            })
            .collect();
        let five: Vec<i64> = after(KAFKA_READY, 1, &said)
            .outages
            .iter()
            .map(|one| one.from.0.as_second())
            .collect();
        assert_eq!(five, [19, 17, 15, 13, 11]);
        let mut status = after(KAFKA_READY, 1, &said);
        for second in 20..40 {
            let value = if second % 2 == 0 { "True" } else { "False" };
            let conditions = vec![
                condition(KAFKA_READY, "False", "0 of 1 ready", 19),
                condition(SERVICES_READY, value, "0 of 1 ready", second),
            ];
            status.outages = outages(&status, &conditions, &[service(0)]);
            status.conditions = conditions;
        }
        assert!(
            status
                .outages
                .iter()
                .any(|one| one.condition == KAFKA_READY && one.to.is_none())
        );
        assert!(status.outages.len() <= REMEMBERED + 1);
    }
}
