//! Which alerts a drill waits for, and which it has seen.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

/// The alerts that are looked for from the beginning of the fault to the end of the load.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AskedAlerts {
    /// The URL of the Prometheus that judges the alerts, without a path.
    pub prometheus: String,
    /// The names of those that have to fire.
    pub names: Vec<String>,
}

/// Which alerts fired, each with the seconds from the beginning of the fault until it was first seen to fire.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AlertsSeen {
    /// Those that have to fire, and did.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub fired: BTreeMap<String, u64>,
    /// Those that have to fire, and whose cause was there before the fault: they prove nothing.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub before: BTreeSet<String>,
    /// Other ones.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub others: BTreeMap<String, u64>,
    /// Why Prometheus could not be asked at last, so that some may have been missed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}
