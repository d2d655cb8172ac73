//! Decides what has to be done to the repositories: pure.

use std::fmt;

use serde_json::Value;

use crate::aws::ecr::lifecycle;

/// The repositories that should be there, all of them alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// The services, each with the name of its repository.
    pub repositories: Vec<(String, String)>,
    pub scan_on_push: bool,
    pub immutable_tags: bool,
    /// How many images each keeps.
    pub keep_images: i32,
}

/// A repository that is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repository {
    pub name: String,
    pub uri: String,
    /// Whether it carries the platform's tag.
    pub ours: bool,
    pub scan_on_push: bool,
    pub immutable_tags: bool,
    /// Its lifecycle policy, if it is ours and has one.
    pub lifecycle: Option<Value>,
}

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

/// What has to be done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// In this order.
    pub steps: Vec<Step>,
    /// Names that are taken by repositories of somebody else, which are left alone.
    pub foreign: Vec<String>,
}

impl Wanted {
    /// The names of all repositories.
    pub fn names(&self) -> Vec<String> {
        self.repositories.iter().map(|(_, name)| name.clone()).collect()
    }

    /// The services whose repositories are there, with their addresses.
    pub fn found(&self, seen: &[Repository]) -> Vec<(String, String)> {
        let uri = |name: &str| {
            seen.iter()
                .find(|repository| repository.ours && repository.name == name)
                .map(|repository| repository.uri.clone())
        };
        self.repositories
            .iter()
            .filter_map(|(service, name)| Some((service.clone(), uri(name)?)))
            .collect()
    }
}

/// Compares what is wanted with what is there.
pub fn plan(wanted: &Wanted, seen: &[Repository]) -> Plan {
    let mut plan = Plan::default();
    let policy = lifecycle::policy(wanted.keep_images);
    for name in wanted.names() {
        let lifecycle = Step::Lifecycle {
            name: name.clone(),
            policy: policy.clone(),
        };
        let Some(repository) = seen.iter().find(|repository| repository.name == name) else {
            plan.steps.push(Step::Create {
                name,
                scan_on_push: wanted.scan_on_push,
                immutable_tags: wanted.immutable_tags,
            });
            plan.steps.push(lifecycle);
            continue;
        };
        if !repository.ours {
            plan.foreign.push(name);
            continue;
        }
        if repository.scan_on_push != wanted.scan_on_push {
            plan.steps.push(Step::Scan {
                name: name.clone(),
                on_push: wanted.scan_on_push,
            });
        }
        if repository.immutable_tags != wanted.immutable_tags {
            plan.steps.push(Step::Tags {
                name: name.clone(),
                immutable: wanted.immutable_tags,
            });
        }
        if repository.lifecycle.as_ref() != Some(&policy) {
            plan.steps.push(lifecycle);
        }
    }
    plan
}
