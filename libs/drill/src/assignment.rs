//! What the load of a drill is told.

use serde::{Deserialize, Serialize};

use crate::{AskedAlerts, Phase};

/// The environment variable that holds the [`Assignment`] as JSON.
pub const ASSIGNMENT: &str = "DRILL_ASSIGNMENT";

/// What one Job of a drill has to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Assignment {
    /// The URL of the gateway, without a path.
    pub gateway: String,
    /// What the ids of the drill's customers start with, so that their orders can be told from those of others.
    pub customers: String,
    pub arrivals: Arrivals,
    /// Whether users who are told to come back later come back at once.
    #[serde(default, skip_serializing_if = "is_false")]
    pub ignore_retry_after: bool,
    /// How many of a hundred requests come on a connection of their own.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub new_connection_percent: u32,
    pub mix: Mix,
    /// One after the other, without a pause between them.
    pub stages: Vec<Stage>,
    /// What pay does wrong in the stages of the phase `Fault`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pay: Option<PayFault>,
    /// Whose sidecars do wrong in the stages of the phase `Fault`, by the mesh: they are asked how many requests felt it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sidecars: Option<Sidecars>,
    /// The alerts that have to fire.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alerts: Option<AskedAlerts>,
    /// When to end because others suffer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guard: Option<Guard>,
    /// How long to wait after the last stage for the accepted orders to come to their end, in seconds.
    pub settle_seconds: u32,
}

/// How requests come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Arrivals {
    /// A closed loop: so many users, each of whom asks again when the answer is there.
    Users(u32),
    /// An open loop: so many requests a second, whether the ones before were answered or not.
    PerSecond(u32),
}

/// What is asked for, in parts of their sum.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Mix {
    /// An order is placed.
    pub order: u32,
    /// An earlier order of the same customer is looked at.
    pub browse: u32,
    /// An order is placed and cancelled at once.
    pub cancel: u32,
}

/// A part of the time of a Job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Stage {
    pub phase: Phase,
    pub seconds: u32,
}

/// What every replica of pay does wrong, until it is told otherwise or the time is over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PayFault {
    /// The name and the port, such as `shop-pay-drills:9082`; the name stands for the addresses of all replicas.
    pub address: String,
    /// How long each new payment takes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delay: Option<DelayRange>,
    /// How many of a hundred payments fail.
    #[serde(default)]
    pub failure_percent: u32,
}

/// The sidecars of a service that do wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Sidecars {
    /// The name and the port of their metrics, such as `shop-sidecar-drills:15090`; the name stands for the addresses of all
    /// replicas.
    pub address: String,
}

/// When to end the load because requests of others than the drill fail, as the gateway counts them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Guard {
    /// The name and the port of the gateway's metrics, such as `shop-gateway-drills:9080`; the name stands for the addresses
    /// of all replicas.
    pub address: String,
    /// How many of a hundred of them may be answered with a 5xx.
    pub failed_percent: u32,
    /// Over how many seconds they are counted.
    pub within_seconds: u32,
}

/// A time between two, each as likely as the other, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DelayRange {
    pub min_ms: u32,
    pub max_ms: u32,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
fn is_false(value: &bool) -> bool {
    !*value
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
fn is_zero(value: &u32) -> bool {
    *value == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assignment() -> Assignment {
        Assignment {
            gateway: "http://shop-gateway:8080".to_owned(),
            customers: "drill-slow-pay-1".to_owned(),
            arrivals: Arrivals::Users(100),
            ignore_retry_after: false,
            new_connection_percent: 0,
            mix: Mix {
                order: 1,
                browse: 0,
                cancel: 0,
            },
            stages: vec![Stage {
                phase: Phase::Fault,
                seconds: 60,
            }],
            pay: Some(PayFault {
                address: "shop-pay-drills:9082".to_owned(),
                delay: Some(DelayRange {
                    min_ms: 400,
                    max_ms: 620,
                }),
                failure_percent: 0,
            }),
            sidecars: None,
            alerts: Some(AskedAlerts {
                prometheus: "http://shop-prometheus:9090".to_owned(),
                names: vec!["BreakerOpen".to_owned()],
            }),
            guard: None,
            settle_seconds: 60,
        }
    }

    #[test]
    fn an_assignment_reads_as_it_was_written() {
        let assignment = Assignment {
            ignore_retry_after: true,
            new_connection_percent: 50,
            sidecars: Some(Sidecars {
                address: "shop-sidecar-drills:15090".to_owned(),
            }),
            guard: Some(Guard {
                address: "shop-gateway-drills:9080".to_owned(),
                failed_percent: 5,
                within_seconds: 10,
            }),
            ..assignment()
        };
        let text = serde_json::to_string(&assignment).unwrap();
        assert!(text.contains(r#""arrivals":{"users":100}"#), "{text}");
        assert_eq!(serde_json::from_str::<Assignment>(&text).unwrap(), assignment);
    }

    #[test]
    fn what_is_not_asked_for_is_not_told_so_that_an_older_load_can_read_it() {
        let text = serde_json::to_string(&assignment()).unwrap();
        for unsaid in ["ignoreRetryAfter", "newConnectionPercent", "sidecars", "guard"] {
            assert!(!text.contains(unsaid), "{text}");
        }
        assert_eq!(serde_json::from_str::<Assignment>(&text).unwrap(), assignment());
    }
}
