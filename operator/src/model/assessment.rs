//! The assessment of a platform: its conditions, version, URL and services.

use fdp_crds::{CloudStatus, Reachability, ServiceStatus, StoresStatus};

use crate::model::reason::Reason;

/// A condition without its timestamps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    pub type_: &'static str,
    pub status: ConditionStatus,
    pub reason: Reason,
    pub message: String,
}

/// The status of a condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConditionStatus {
    True,
    False,
    Unknown,
}

impl ConditionStatus {
    /// The value in the Kubernetes API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::True => "True",
            Self::False => "False",
            Self::Unknown => "Unknown",
        }
    }
}

/// The assessment of a platform.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Assessment {
    pub conditions: Vec<Condition>,
    /// What customers feel, in words; `None` if nobody knows or there are to be no customers.
    pub customers: Option<String>,
    /// The version that all services run; `None` while they do not.
    pub version: Option<String>,
    pub url: Option<String>,
    /// Who takes the customers' money; `None` while the specification makes no sense.
    pub payments: Option<String>,
    pub services: Vec<ServiceStatus>,
    pub cloud: Option<CloudStatus>,
    /// The data stores that the services use; `None` leaves what the status says of them.
    pub stores: Option<StoresStatus>,
    /// Whether services reach what they call; `None` leaves what the status says of it.
    pub reachability: Option<Vec<Reachability>>,
}

/// Objects that differ from the plan and were not written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unwritten {
    /// Objects that the API server rejected, with its reason.
    pub refused: Vec<String>,
    /// Objects whose rollout stage has not started, with what they wait for.
    pub waiting: Vec<String>,
    /// Objects that are left as somebody else keeps changing them, with the field and who that is.
    pub contested: Vec<String>,
    /// Objects that would change if the platform were not suspended.
    pub suspended: Vec<String>,
}

impl Assessment {
    /// The condition of that type.
    pub fn condition(&self, type_: &str) -> Option<&Condition> {
        self.conditions.iter().find(|condition| condition.type_ == type_)
    }
}
