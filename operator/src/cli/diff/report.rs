//! The result of comparing a plan with a cluster.

use crate::{cli::diff::fields::FieldChange, model::object::ObjectKey};

/// The differences of one platform.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    pub namespace: String,
    pub name: String,
    /// Notes that apply to all entries.
    pub notes: Vec<String>,
    /// Every object, planned ones first and in the order in which they are applied.
    pub entries: Vec<Entry>,
}

/// The outcome for one object.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    pub object: ObjectKey,
    pub outcome: Outcome,
}

/// What the operator, or the API server, would do.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// Nothing.
    Unchanged,
    Created,
    /// Created after the existing object of the same name, which is being deleted, is gone.
    Replaced,
    Changed {
        fields: Vec<FieldChange>,
        /// Why its pods are replaced, if they are.
        rollout: Option<String>,
    },
    Deleted,
    /// The API server would reject it, for this reason.
    Refused(String),
    /// Not written, because it reads this Secret, which would be rejected.
    Waiting(ObjectKey),
    /// Unknown, because the object depends on passwords that cannot be read.
    NotCompared,
}

impl Report {
    /// How many objects have that outcome.
    pub fn count(&self, is_it: impl Fn(&Outcome) -> bool) -> usize {
        self.entries.iter().filter(|entry| is_it(&entry.outcome)).count()
    }

    /// Whether the cluster differs from the plan in anything that could be compared.
    pub fn differs(&self) -> bool {
        self.count(|outcome| !matches!(outcome, Outcome::Unchanged | Outcome::NotCompared)) > 0
    }

    /// The exit code: 0 if nothing differs, 1 if something does, 2 if something was refused.
    pub fn exit_code(&self) -> u8 {
        if self.count(|outcome| matches!(outcome, Outcome::Refused(_))) > 0 {
            2
        } else {
            u8::from(self.differs())
        }
    }
}
