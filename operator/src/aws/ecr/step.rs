//! The calls that change repositories.

use std::fmt;

use serde_json::Value;

/// One call that changes something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    Create {
        name: String,
        scan_on_push: bool,
        immutable_tags: bool,
    },
    Scan {
        name: String,
        on_push: bool,
    },
    Tags {
        name: String,
        immutable: bool,
    },
    Lifecycle {
        name: String,
        policy: Value,
    },
}

impl fmt::Display for Step {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Create { name, .. } => write!(formatter, "create ECR repository {name}"),
            Self::Scan { name, .. } => {
                write!(formatter, "set when images of ECR repository {name} are scanned")
            }
            Self::Tags { name, .. } => write!(
                formatter,
                "set whether tags of ECR repository {name} can be moved"
            ),
            Self::Lifecycle { name, .. } => write!(formatter, "set which images ECR repository {name} keeps"),
        }
    }
}
