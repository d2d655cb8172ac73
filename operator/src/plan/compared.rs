//! Pairs the planned objects with those in the cluster, and says why each would be written.

use std::sync::Arc;

use kube::core::DynamicObject;

use crate::{
    kubernetes::drift::{self, Difference},
    model::{object::Planned, observed::Children},
};

/// A planned object, and the existing one.
#[derive(Clone, Debug)]
pub struct Compared<'a> {
    pub planned: &'a Planned,
    /// The object in the cluster, if it exists.
    pub live: Option<&'a Arc<DynamicObject>>,
    pub difference: Difference,
}

/// Why an object is written or deleted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChangeKind {
    /// It was missing.
    Created,
    /// The plan has changed; `rollout` is why pods are replaced, if they are.
    Updated { rollout: Option<String> },
    /// Another client changed that field.
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

/// Compares each planned object with the existing one.
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
