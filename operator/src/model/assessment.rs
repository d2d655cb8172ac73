//! How a platform is doing, as its conditions say it.

use fdp_crds::{CloudStatus, ServiceStatus};

use crate::model::reason::Reason;

/// A condition without its times.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    pub type_: &'static str,
    pub status: Answer,
    pub reason: Reason,
    pub message: String,
}

/// What a condition can answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    True,
    False,
    Unknown,
}

impl Answer {
    /// The word that Kubernetes uses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::True => "True",
            Self::False => "False",
            Self::Unknown => "Unknown",
        }
    }
}

/// How a platform is doing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Assessment {
    pub conditions: Vec<Verdict>,
    /// The version that all services run; `None` while they do not.
    pub version: Option<String>,
    pub url: Option<String>,
    pub services: Vec<ServiceStatus>,
    pub cloud: Option<CloudStatus>,
}

/// What the operator could not, or must not, write.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unwritten {
    /// Objects that the API server refused, with its reason.
    pub refused: Vec<String>,
    /// Objects whose turn has not come, with what they wait for.
    pub waiting: Vec<String>,
    /// Objects that would change if the platform were not suspended.
    pub suspended: Vec<String>,
}

impl Assessment {
    /// The condition of that type.
    pub fn condition(&self, type_: &str) -> Option<&Verdict> {
        self.conditions.iter().find(|verdict| verdict.type_ == type_)
    }
}
