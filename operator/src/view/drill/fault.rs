//! A fault in words: what happens to the platform, and what its customers may notice.

use fdp_crds::drill::{ByRunner, Fault, MeshFault, PayDelay, PayFault};

/// How long order waits for pay, in milliseconds.
const DEADLINE_OF_PAYMENTS: i32 = 610;
const REFUSED: &str = "orders are refused, and told when to come back";

/// A fault in words.
pub(super) struct Words {
    pub(super) what: String,
    pub(super) customers: String,
}

/// The words for a fault.
pub(super) fn words(fault: &Fault) -> Words {
    let (what, customers) = if let Some(pay) = &fault.pay {
        (of_pay(pay), with_pay(pay))
    } else if let Some(mesh) = &fault.mesh {
        (of_mesh(mesh), with_mesh(mesh))
    } else if let Some(scaled) = &fault.scaled_to_zero {
        (
            format!("{} has no pods", scaled.service),
            without(&scaled.service),
        )
    } else if let Some(killed) = &fault.pods_killed {
        let every = killed.every_seconds.map(|seconds| format!(" every {seconds} s"));
        let what = format!("pods of {} are killed{}", killed.part, every.unwrap_or_default());
        (what, of_killed(&killed.part))
    } else if let Some(replaced) = &fault.pods_replaced {
        let services = match replaced.services.as_slice() {
            [] => "all services".to_owned(),
            named => named.join(", "),
        };
        (
            match replaced.every_seconds {
                Some(seconds) => format!("the pods of {services} are replaced every {seconds} s"),
                None => format!("the pods of {services} are replaced, twice"),
            },
            "nothing, if all is well",
        )
    } else if let Some(by_runner) = fault.by_runner {
        match by_runner {
            ByRunner::OperatorKilled => (
                "the operator's leading pod is killed".to_owned(),
                "nothing, if all is well",
            ),
            ByRunner::NodeDrained => (
                "the node of a pod of order is drained".to_owned(),
                "orders are refused while what runs once starts elsewhere",
            ),
        }
    } else {
        ("no fault but the load".to_owned(), "answers may take longer")
    };
    Words {
        what,
        customers: customers.to_owned(),
    }
}

fn of_pay(pay: &PayFault) -> String {
    let delay = pay.delay.as_ref().map(|PayDelay { min_ms, max_ms }| {
        if min_ms == max_ms {
            format!("pay takes {max_ms} ms")
        } else {
            format!("pay takes {min_ms} to {max_ms} ms")
        }
    });
    let failures = pay.failure_percent.filter(|percent| *percent > 0);
    let failures = failures.map(|percent| match percent {
        100 => "every payment fails".to_owned(),
        some => format!("{some} of 100 payments fail"),
    });
    delay.into_iter().chain(failures).collect::<Vec<_>>().join(", ")
}

fn with_pay(pay: &PayFault) -> &'static str {
    let longest = pay.delay.as_ref().map(|delay| delay.max_ms);
    match (pay.failure_percent.unwrap_or_default(), longest) {
        (100.., _) => REFUSED,
        (1.., None) => "some orders are refused, and told when to come back",
        (1.., Some(_)) => "orders take longer, and some are refused",
        (_, Some(longest)) if longest > DEADLINE_OF_PAYMENTS => "orders take longer, and some are refused",
        _ => "orders take longer",
    }
}

fn of_mesh(mesh: &MeshFault) -> String {
    let share = match mesh.percent {
        None | Some(100) => "requests".to_owned(),
        Some(some) => format!("{some} of 100 requests"),
    };
    let delay = mesh.delay_ms.map(|delay| format!("wait {delay} ms"));
    let abort = mesh.abort_status.map(|status| format!("get {status}"));
    let what = delay.into_iter().chain(abort).collect::<Vec<_>>().join(", ");
    format!("{share} to {} {what}", mesh.service)
}

fn with_mesh(mesh: &MeshFault) -> &'static str {
    match (mesh.abort_status, mesh.delay_ms) {
        (None, _) => "answers take longer",
        (Some(_), None) => "what the mesh may not try again fails",
        (Some(_), Some(_)) => "answers take longer, and what the mesh may not try again fails",
    }
}

fn without(service: &str) -> &'static str {
    match service {
        "gateway" => "neither pages nor orders are answered",
        "order" => "orders are neither taken nor shown",
        "pay" => REFUSED,
        "frontend" => "the shop's pages are away; orders are taken",
        "store" => "orders are taken, and cooked later",
        "delivery" => "orders are taken, and delivered later",
        "inventory" => "orders are taken; products are not shown, and stock is counted later",
        "customer" => "orders are taken; messages come later",
        "marketing" => "orders are taken; recommendations are away",
        _ => "what this service does is away",
    }
}

fn of_killed(part: &str) -> &'static str {
    match part {
        "kafka" => "orders are taken; what follows them comes later",
        "postgres" | "mongodb" => "orders are refused until the database is back",
        _ => "requests on which a killed pod was at work fail",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn told(fault: &Value) -> [String; 2] {
        let mut fault = fault.clone();
        fault["seconds"] = json!(5);
        let Words { what, customers } = words(&serde_json::from_value(fault).unwrap());
        [what, customers]
    }

    #[test]
    fn each_fault_says_what_happens_and_what_customers_may_notice() {
        let cases = [
            (
                json!({ "pay": { "delay": { "minMs": 400, "maxMs": 620 } } }),
                [
                    "pay takes 400 to 620 ms",
                    "orders take longer, and some are refused",
                ],
            ),
            (
                json!({ "pay": { "delay": { "minMs": 200, "maxMs": 200 } } }),
                ["pay takes 200 ms", "orders take longer"],
            ),
            (
                json!({ "pay": { "delay": { "minMs": 1, "maxMs": 2 }, "failurePercent": 30 } }),
                [
                    "pay takes 1 to 2 ms, 30 of 100 payments fail",
                    "orders take longer, and some are refused",
                ],
            ),
            (
                json!({ "pay": { "failurePercent": 100 } }),
                ["every payment fails", REFUSED],
            ),
            (
                json!({ "mesh": { "service": "order", "percent": 10, "abortStatus": 503 } }),
                [
                    "10 of 100 requests to order get 503",
                    "what the mesh may not try again fails",
                ],
            ),
            (
                json!({ "mesh": { "service": "store", "delayMs": 200 } }),
                ["requests to store wait 200 ms", "answers take longer"],
            ),
            (
                json!({ "scaledToZero": { "service": "store" } }),
                ["store has no pods", "orders are taken, and cooked later"],
            ),
            (
                json!({ "podsKilled": { "part": "kafka", "everySeconds": 30 } }),
                [
                    "pods of kafka are killed every 30 s",
                    "orders are taken; what follows them comes later",
                ],
            ),
            (
                json!({ "podsReplaced": {} }),
                [
                    "the pods of all services are replaced, twice",
                    "nothing, if all is well",
                ],
            ),
            (
                json!({ "podsReplaced": { "services": ["pay"], "everySeconds": 20 } }),
                [
                    "the pods of pay are replaced every 20 s",
                    "nothing, if all is well",
                ],
            ),
            (
                json!({ "byRunner": "NodeDrained" }),
                [
                    "the node of a pod of order is drained",
                    "orders are refused while what runs once starts elsewhere",
                ],
            ),
            (json!({}), ["no fault but the load", "answers may take longer"]),
        ];
        for (fault, expected) in cases {
            assert_eq!(told(&fault), expected);
        }
    }

    #[test]
    fn every_service_that_can_be_away_has_its_own_words() {
        for service in fdp_catalogue::Service::ALL {
            assert_ne!(without(service.name()), without("kitchen"), "{}", service.name());
        }
    }
}
