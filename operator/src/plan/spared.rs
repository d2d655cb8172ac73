//! Marks that keep Argo CD from deleting what outlives its platform.
//!
//! Argo CD may take what carries `app.kubernetes.io/instance` for a part of the Application of that name, and deletes what is
//! not in Git. Objects that belong to a platform have an owner, which it respects. Volumes and other objects with data that
//! are kept have none.

use std::{collections::BTreeMap, sync::Arc};

use kube::ResourceExt as _;
use serde_json::json;

use crate::model::{
    object::{Planned, to_value},
    observed::Observed,
};

/// Argo CD neither deletes the object nor counts it as a difference.
const SPARED: [(&str, &str); 2] = [
    ("argocd.argoproj.io/sync-options", "Prune=false,Delete=false"),
    ("argocd.argoproj.io/compare-options", "IgnoreExtraneous"),
];
const CLAIMS: &str = "/spec/volumeClaimTemplates";

/// Marks an object that is kept, or the volumes of a new `StatefulSet`. Those of a `StatefulSet` that exists cannot be
/// changed, and are as they were.
pub(super) fn spare(mut planned: Planned, observed: &Observed) -> Planned {
    let marks: BTreeMap<&str, &str> = SPARED.into();
    if planned.retained {
        let object = Arc::make_mut(&mut planned.object);
        let marks = marks
            .iter()
            .map(|(&name, &value)| (name.to_owned(), value.to_owned()));
        object.annotations_mut().extend(marks);
    }
    if planned.resource.kind != "StatefulSet" {
        return planned;
    }
    let live = observed.children.get(&planned.key());
    let annotations = match live {
        None => Some(json!(marks)),
        Some(live) => to_value(&**live)
            .pointer(&format!("{CLAIMS}/0/metadata/annotations"))
            .filter(|annotations| !annotations.is_null())
            .cloned(),
    };
    let object = Arc::make_mut(&mut planned.object);
    let claims = object
        .data
        .pointer_mut(CLAIMS)
        .and_then(|claims| claims.as_array_mut());
    if let Some(annotations) = annotations {
        for claim in claims.into_iter().flatten() {
            claim["metadata"]["annotations"] = annotations.clone();
        }
    }
    planned
}
