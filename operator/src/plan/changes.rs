//! What has to be written and deleted to reach the desired state, in which order, and what has to wait.

use std::{collections::BTreeSet, sync::Arc};

use kube::core::{ApiResource, DynamicObject};

use crate::{
    components::reach,
    kubernetes::drift::Difference,
    model::{object::ObjectKey, observed::Children},
    plan::{
        assemble::Plan,
        compared::{Compared, compare},
        ownership::is_owned,
        rollout,
    },
    spec::Validated,
};

/// The changes that bring the cluster to the desired state, in this order.
#[derive(Debug, Default)]
pub struct Changes<'a> {
    /// The Secrets with generated passwords to write. All must be stored before other objects are written, so that no
    /// object uses a password that is lost.
    pub generated: Vec<Compared<'a>>,
    /// The other objects to write, in the order of the plan.
    pub writes: Vec<Compared<'a>>,
    /// The objects to delete, because they are not planned any more.
    pub deletions: Vec<Deletion<'a>>,
    /// The objects that would be written or deleted if the platform were not suspended.
    pub suspended: Vec<ObjectKey>,
    /// The objects whose pods must not be replaced yet, with what they wait for.
    pub waiting: Vec<(ObjectKey, String)>,
    /// The objects that somebody else has changed and that are not put back at the moment.
    pub contested: Vec<Compared<'a>>,
    /// Some objects are being deleted, and the next reconciliation has to wait for them.
    pub being_deleted: bool,
}

/// An object to delete.
#[derive(Clone, Debug)]
pub struct Deletion<'a> {
    pub key: &'a ObjectKey,
    pub resource: &'a ApiResource,
    pub object: &'a Arc<DynamicObject>,
}

impl<'a> Changes<'a> {
    /// Sets aside the restores of `paused` objects. A change of the plan is written all the same.
    pub fn set_aside(&mut self, paused: &BTreeSet<ObjectKey>) {
        let writes = std::mem::take(&mut self.writes);
        (self.contested, self.writes) = writes.into_iter().partition(|write| {
            matches!(write.difference, Difference::Drifted(_)) && paused.contains(&write.planned.key())
        });
    }

    /// The writes in waves; the writes of one wave may run in parallel.
    pub fn waves(&self) -> impl Iterator<Item = &[Compared<'a>]> {
        self.writes
            .chunk_by(|one, next| one.planned.wave == next.planned.wave)
    }
}

/// Compares a plan with the existing objects.
///
/// While a Secret with generated passwords is being deleted, nothing is written or deleted, because its passwords are
/// about to be lost.
pub fn changes<'a>(platform: &Validated, plan: &'a Plan, children: &'a Children) -> Changes<'a> {
    let mut changes = Changes::default();
    let compared = compare(&plan.objects, children);
    let held_back = rollout::held_back(&compared);
    for object in compared {
        let (key, generated) = (object.planned.key(), object.planned.generated);
        match object.difference {
            Difference::None => {}
            Difference::BeingDeleted => {
                changes.being_deleted = true;
                if generated {
                    changes.generated.clear();
                    changes.writes.clear();
                    return changes;
                }
            }
            _ if platform.suspend => changes.suspended.push(key),
            Difference::Missing | Difference::Outdated | Difference::Drifted(_) => {
                if let Some(why) = held_back.get(&key) {
                    changes.waiting.push((key, why.clone()));
                } else if generated {
                    changes.generated.push(object);
                } else {
                    changes.writes.push(object);
                }
            }
        }
    }
    let deletions = deletions(platform, plan, children);
    if platform.suspend {
        let pending = deletions.filter(|deletion| !reach::is_job(platform, deletion.key));
        changes
            .suspended
            .extend(pending.map(|deletion| deletion.key.clone()));
    } else {
        changes.deletions = deletions.collect();
    }
    changes
}

/// The platform's objects that are not planned any more.
pub fn deletions<'a>(
    platform: &Validated,
    plan: &Plan,
    children: &'a Children,
) -> impl Iterator<Item = Deletion<'a>> {
    children
        .iter()
        .filter(move |(key, _, object)| {
            !plan.contains(key)
                && !plan.holds(key)
                && !plan.keeps(object)
                && is_owned(object, platform)
                && object.metadata.deletion_timestamp.is_none()
        })
        .map(|(key, resource, object)| Deletion {
            key,
            resource,
            object,
        })
}

#[cfg(test)]
mod tests {
    use fdp_crds::FoodDeliveryPlatform;
    use kube::ResourceExt as _;
    use serde_json::json;

    use super::*;
    use crate::{
        model::{
            object::{RolloutStage, Wave},
            observed::Observed,
        },
        plan::{compared::ChangeKind, plan},
        settings::Settings,
    };

    fn platform(suspend: bool) -> Validated {
        let platform: FoodDeliveryPlatform = serde_json::from_value(json!({
            "apiVersion": "fooddelivery.dev/v1alpha1", "kind": "FoodDeliveryPlatform",
            "metadata": { "name": "shop", "namespace": "food", "uid": "1-2-3" },
            "spec": { "suspend": suspend },
        }))
        .unwrap();
        Validated::new(&platform, &Settings::default()).unwrap()
    }

    /// The cluster with every object as planned.
    fn as_planned(plan: &Plan) -> Children {
        let mut children = Children::default();
        for planned in &plan.objects {
            children.insert(&planned.resource, Arc::clone(&planned.object));
        }
        children
    }

    fn secret(plan: &Plan, name: &str) -> (ApiResource, DynamicObject) {
        let planned = plan.objects.iter().find(|planned| planned.key().name == name);
        let planned = planned.unwrap();
        (planned.resource.clone(), DynamicObject::clone(&planned.object))
    }

    #[test]
    fn everything_is_written_when_nothing_is_there() {
        let platform = platform(false);
        let plan = plan(&platform, &Observed::default());
        let children = Children::default();
        let changes = changes(&platform, &plan, &children);
        assert_eq!(changes.generated.len() + changes.writes.len(), plan.objects.len());
        assert!(changes.deletions.is_empty() && !changes.being_deleted);
        let mut written = changes.generated.iter().chain(&changes.writes);
        assert!(written.all(|write| write.kind() == ChangeKind::Created));
    }

    #[test]
    fn a_restore_is_set_aside_and_a_change_of_the_plan_is_not() {
        let platform = platform(false);
        let plan = plan(&platform, &Observed::default());
        let (drifted, outdated) = ("shop-pay", "shop-order");
        let mut children = as_planned(&plan);
        for planned in plan
            .objects
            .iter()
            .filter(|planned| planned.resource.kind == "Service")
        {
            let mut live = DynamicObject::clone(&planned.object);
            match planned.key().name {
                name if name == drifted => live.data["spec"]["ports"] = json!([]),
                name if name == outdated => live.annotations_mut().clear(),
                _ => continue,
            }
            children.insert(&planned.resource, Arc::new(live));
        }
        let mut changes = changes(&platform, &plan, &children);
        changes.set_aside(
            &[drifted, outdated]
                .map(|name| ObjectKey::new("Service", name))
                .into(),
        );
        let names = |compared: &[Compared<'_>]| -> Vec<String> {
            compared.iter().map(|one| one.planned.key().name).collect()
        };
        assert_eq!(
            (names(&changes.contested), names(&changes.writes)),
            (vec![drifted.to_owned()], vec![outdated.to_owned()])
        );
    }

    #[test]
    fn nothing_is_written_when_everything_is_as_planned() {
        let platform = platform(false);
        let plan = plan(&platform, &Observed::default());
        let children = as_planned(&plan);
        let changes = changes(&platform, &plan, &children);
        assert!(changes.writes.is_empty() && changes.deletions.is_empty());
    }

    #[test]
    fn an_unplanned_object_is_deleted_or_only_named_while_suspended() {
        for suspend in [false, true] {
            let platform = platform(suspend);
            let plan = plan(&platform, &Observed::default());
            let mut children = as_planned(&plan);
            let (resource, mut object) = secret(&plan, "shop-databases");
            object.metadata.name = Some("shop-former".to_owned());
            children.insert(&resource, Arc::new(object));
            let changes = changes(&platform, &plan, &children);
            let deleted: Vec<_> = changes
                .deletions
                .iter()
                .map(|deletion| deletion.key.name.as_str())
                .collect();
            let suspended: Vec<_> = changes.suspended.iter().map(|key| key.name.as_str()).collect();
            let (expected, none): (&[&str], &[&str]) = (&["shop-former"], &[]);
            assert_eq!(
                (deleted, suspended),
                if suspend {
                    (none.into(), expected.into())
                } else {
                    (expected.into(), none.into())
                }
            );
        }
    }

    #[test]
    fn nothing_is_written_while_a_secret_with_passwords_is_being_deleted() {
        let platform = platform(false);
        let plan = plan(&platform, &Observed::default());
        let mut children = Children::default();
        let (resource, mut object) = secret(&plan, "shop-databases");
        object.metadata.deletion_timestamp = serde_json::from_value(json!("2026-01-01T00:00:00Z")).unwrap();
        children.insert(&resource, Arc::new(object));
        let changes = changes(&platform, &plan, &children);
        assert!(changes.being_deleted && changes.generated.is_empty() && changes.writes.is_empty());
    }

    #[test]
    fn passwords_are_written_before_all_waves_and_each_wave_before_the_next() {
        let platform = platform(false);
        let plan = plan(&platform, &Observed::default());
        let children = Children::default();
        let changes = changes(&platform, &plan, &children);
        let generated: Vec<_> = changes
            .generated
            .iter()
            .map(|write| write.planned.key().name)
            .collect();
        assert!(generated.contains(&"shop-databases".to_owned()), "{generated:?}");
        assert!(changes.writes.iter().all(|write| !write.planned.generated));
        let waves: Vec<_> = changes.waves().map(|wave| wave[0].planned.wave).collect();
        assert_eq!(
            waves,
            [
                Wave::Configuration,
                Wave::DataStores,
                Wave::Setup,
                Wave::Services,
                Wave::Routing
            ]
        );
    }

    #[test]
    fn later_stages_wait_until_the_new_version_runs_in_the_earlier_ones() {
        let platform = platform(false);
        let plan = plan(&platform, &Observed::default());
        let mut children = as_planned(&plan);
        for planned in &plan.objects {
            let mut live = DynamicObject::clone(&planned.object);
            match planned.resource.kind.as_str() {
                "Job" => {
                    live.data["status"] = json!({ "conditions": [{ "type": "Complete", "status": "True" }] });
                }
                "Deployment" => {
                    live.annotations_mut().clear();
                    live.data["spec"]["template"]["spec"]["containers"][0]["image"] = json!("old:0");
                }
                _ => continue,
            }
            children.insert(&planned.resource, Arc::new(live));
        }
        let changes = changes(&platform, &plan, &children);
        let waiting: Vec<_> = changes.waiting.iter().map(|(key, _)| key.name.as_str()).collect();
        assert_eq!(waiting, ["shop-gateway", "shop-order", "shop-pay"]);
        let mut stages = changes.writes.iter().map(|write| write.planned.rollout_stage);
        assert!(changes.writes.len() == 6 && stages.all(|stage| stage == RolloutStage::Leaves));
    }
}
