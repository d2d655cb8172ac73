//! Fields that people leave to other programs, by an annotation on the object.

use std::sync::Arc;

use kube::{ResourceExt as _, core::DynamicObject};

use crate::{
    kubernetes::{field_path, names},
    model::object::Planned,
};

/// What may be left to others. All else tells whose an object is.
const LEFT: [&str; 2] = ["spec.", "data."];

/// Takes the fields out of a planned object that the annotation on the existing one names: they are neither compared nor
/// written. The hash of the plan stays that of the whole plan.
#[must_use]
pub(super) fn leave(mut planned: Planned, live: Option<&Arc<DynamicObject>>) -> Planned {
    let Some(paths) = live.and_then(|live| live.annotations().get(names::UNMANAGED_FIELDS)) else {
        return planned;
    };
    if planned.generated {
        return planned;
    }
    let object = Arc::make_mut(&mut planned.object);
    for path in paths.split(',').map(str::trim) {
        if LEFT.iter().any(|start| path.starts_with(start)) && field_path::remove(&mut object.data, path) {
            planned.unmanaged.push(path.to_owned());
        }
    }
    planned
}

#[cfg(test)]
mod tests {
    use k8s_openapi::api::core::v1::Service;
    use serde_json::json;

    use super::*;
    use crate::{
        kubernetes::{
            drift::{Difference, difference},
            seal::seal,
        },
        model::object::Wave,
    };

    fn service() -> Planned {
        let service: Service = serde_json::from_value(json!({
            "metadata": { "name": "shop-pay", "labels": { "a": "b" } },
            "spec": { "type": "ClusterIP", "ports": [{ "name": "http", "port": 8082 }] },
        }))
        .unwrap();
        seal(Planned::new(Wave::Routing, &service), "food", None)
    }

    fn live(unmanaged: &str) -> Arc<DynamicObject> {
        let mut live = DynamicObject::clone(&service().object);
        live.annotations_mut()
            .insert(names::UNMANAGED_FIELDS.to_owned(), unmanaged.to_owned());
        live.data["spec"]["type"] = json!("LoadBalancer");
        Arc::new(live)
    }

    #[test]
    fn a_field_that_is_left_to_others_does_not_differ() {
        let live = live("spec.type, spec.nothing");
        assert_eq!(
            difference(&service(), Some(&live)),
            Difference::Drifted("spec.type".to_owned())
        );
        let left = leave(service(), Some(&live));
        assert_eq!(left.unmanaged, ["spec.type"]);
        assert_eq!(difference(&left, Some(&live)), Difference::None);
    }

    #[test]
    fn what_tells_whose_an_object_is_is_not_left_to_others() {
        let live = live("metadata.labels.a,spec");
        let left = leave(service(), Some(&live));
        assert!(left.unmanaged.is_empty());
        assert_eq!(left.object.metadata, service().object.metadata);
    }
}
