//! What is known of a Secret that the specification names; never its passwords.

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::ByteString;
use serde_json::json;

use crate::spec::canonical::hash;

/// What is known of a Secret that the specification names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Referenced {
    /// The keys that have a value. Empty if there is no such Secret.
    pub keys: BTreeSet<String>,
    /// A hash of the value of each key.
    pub hashes: BTreeMap<String, String>,
    /// Whether there is such a Secret.
    pub exists: bool,
    /// The address in it, without name and password.
    pub address: String,
    /// Whether it exists without the label that lets platforms use it. No watch tells of its changes.
    pub unlabelled: bool,
    /// The platform that the operator made it for, if it did.
    pub made_for: Option<String>,
}

impl Referenced {
    /// What is known of a Secret with these values.
    pub fn of(data: &BTreeMap<String, ByteString>) -> Self {
        let text = |key: &str| {
            data.get(key)
                .and_then(|value| String::from_utf8(value.0.clone()).ok())
        };
        // Without the scheme, the name and the password in front, and the options behind.
        let url = text("url").map(|url| {
            let after = url.split_once("://").map_or(url.as_str(), |(_, after)| after);
            let after = after.rsplit_once('@').map_or(after, |(_, after)| after);
            after.split('?').next().unwrap_or_default().to_owned()
        });
        let host = match (text("host"), text("port")) {
            (Some(host), Some(port)) => Some(format!("{host}:{port}")),
            _ => None,
        };
        let filled = || data.iter().filter(|(_, value)| !value.0.is_empty());
        Self {
            keys: filled().map(|(key, _)| key.clone()).collect(),
            hashes: filled()
                .map(|(key, value)| (key.clone(), hash(&json!([key, value.0]))))
                .collect(),
            exists: true,
            address: host.or_else(|| text("brokers")).or(url).unwrap_or_default(),
            unlabelled: false,
            made_for: None,
        }
    }
}
