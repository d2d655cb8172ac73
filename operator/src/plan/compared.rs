//! The planned objects beside those in the cluster, and why each of them would be written.

use std::sync::Arc;

use kube::core::DynamicObject;

use crate::{
    kubernetes::drift::{self, Difference},
    model::{object::Planned, observed::Children},
};

/// A planned object, and what is there of it.
#[derive(Clone, Debug)]
pub struct Compared<'a> {
    pub planned: &'a Planned,
    /// The object in the cluster, if it is there.
    pub live: Option<&'a Arc<DynamicObject>>,
    pub difference: Difference,
}

/// Why an object is written or deleted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChangeKind {
    /// It was missing.
    Created,
    /// The plan had changed; pods are replaced for that reason, if any are.
    Updated { rollout: Option<String> },
    /// That field was changed by another client.
    Restored { field: String },
    /// It is no longer planned.
    Deleted,
}

impl Compared<'_> {
    /// Why the object is written, given that it differs.
    pub fn kind(&self) -> ChangeKind {
        match (&self.difference, self.live) {
            (Difference::Drifted(field), _) => ChangeKind::Restored { field: field.clone() },
            (_, Some(live)) => ChangeKind::Updated {
                rollout: drift::rollout_reason(&self.planned.object, live),
            },
            (_, None) => ChangeKind::Created,
        }
    }
}

/// Compares each planned object with what is there.
pub fn compare<'a>(objects: &'a [Planned], children: &'a Children) -> Vec<Compared<'a>> {
    objects
        .iter()
        .map(|planned| {
            let live = children.get(&planned.key());
            Compared {
                planned,
                live,
                difference: drift::difference(planned, live.map(AsRef::as_ref)),
            }
        })
        .collect()
}
