//! What has to be written and deleted to reach the desired state, in which order, and what has to wait.

use std::{collections::BTreeSet, sync::Arc};

use kube::{
    ResourceExt as _,
    core::{ApiResource, DynamicObject},
};

use crate::{
    components::reach,
    kubernetes::{drift::Difference, names::NAME_LABEL},
    model::{
        object::{ObjectKey, Planned},
        observed::Children,
    },
    plan::{
        assemble::Plan,
        compared::{Compared, compare},
        ownership::is_owned,
        rollout,
        secrets::reads_secret,
    },
    spec::Validated,
};

/// The changes that bring the cluster to the desired state, in this order.
#[derive(Debug, Default)]
pub struct Changes<'a> {
    /// The Secrets with generated passwords to write. Each must be stored before what reads it is written, so that no
    /// object uses a password that is lost.
    pub generated: Vec<Compared<'a>>,
    /// The other objects to write, in the order of the plan.
    pub writes: Vec<Compared<'a>>,
    /// The objects to delete, because they are not planned any more.
    pub deletions: Vec<Deletion<'a>>,
    /// The objects that would be written or deleted if the platform were not suspended.
    pub suspended: Vec<ObjectKey>,
    /// The objects that must not be written yet, with what they wait for: an earlier stage of a rollout, or a Secret that
    /// is being deleted.
    pub waiting: Vec<(ObjectKey, String)>,
    /// The objects that wait for a Secret with generated passwords that is not stored.
    pub without_secret: Vec<Compared<'a>>,
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

    /// Sets aside what reads a Secret with generated passwords that is not stored; returns what that is. Everything else
    /// is written.
    pub fn wait_for(&mut self, secret: &ObjectKey) -> Vec<ObjectKey> {
        let reads_it = |write: &Compared<'_>| reads_secret(write.planned, &secret.name);
        let writes = std::mem::take(&mut self.writes);
        let (waiting, writes) = writes.into_iter().partition(reads_it);
        self.writes = writes;
        self.without_secret.extend::<Vec<_>>(waiting);
        // The name of a Job depends on its passwords. The one that ran stays until its successor is there.
        let waiting = &self.without_secret;
        self.deletions
            .retain(|deletion| !waiting.iter().any(|write| succeeds(write.planned, deletion)));
        waiting
            .iter()
            .filter(|write| reads_it(write))
            .map(|write| write.planned.key())
            .collect()
    }

    /// The writes in waves; the writes of one wave may run in parallel.
    pub fn waves(&self) -> impl Iterator<Item = &[Compared<'a>]> {
        self.writes
            .chunk_by(|one, next| one.planned.wave == next.planned.wave)
    }
}

/// Compares a plan with the existing objects.
///
/// While a Secret with generated passwords is being deleted, nothing is written that reads it, because its passwords are
/// about to be lost.
pub fn changes<'a>(platform: &Validated, plan: &'a Plan, children: &'a Children) -> Changes<'a> {
    let mut changes = Changes::default();
    let mut ending_secrets = Vec::new();
    let compared = compare(&plan.objects, children);
    let held_back = rollout::held_back(&compared);
    for object in compared {
        let (key, generated) = (object.planned.key(), object.planned.generated);
        match object.difference {
            Difference::None => {}
            Difference::BeingDeleted => {
                changes.being_deleted = true;
                if generated {
                    ending_secrets.push(key);
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
    for secret in ending_secrets {
        for key in changes.wait_for(&secret) {
            let why = format!("{secret}, which is being deleted");
            changes.waiting.push((key, why));
        }
    }
    changes
}

/// Whether an object that waits takes the place of one that is not planned any more.
pub fn succeeds(planned: &Planned, deletion: &Deletion<'_>) -> bool {
    let part = |object: &DynamicObject| object.labels().get(NAME_LABEL).cloned();
    planned.resource.kind == deletion.key.kind && part(&planned.object) == part(deletion.object)
}

/// The words about an object that is refused, and about what waits for it.
pub fn refusal(object: &ObjectKey, why: &str, waiting: &[ObjectKey]) -> String {
    const NAMED: usize = 3;
    let mut names: Vec<String> = waiting.iter().take(NAMED).map(ToString::to_string).collect();
    match waiting.len().saturating_sub(NAMED) {
        0 => {}
        1 => names.extend(waiting.last().map(ToString::to_string)),
        more => names.push(format!("{more} more")),
    }
    let Some(last) = names.pop() else {
        return format!("{object}: {why}");
    };
    let waits = match names.as_slice() {
        [] => format!("{last} waits"),
        several => format!("{} and {last} wait", several.join(", ")),
    };
    format!("{object}: {why} ({waits} for it)")
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
    fn only_what_reads_a_secret_waits_while_it_is_being_deleted() {
        let platform = platform(false);
        let plan = plan(&platform, &Observed::default());
        let mut children = Children::default();
        let (resource, mut object) = secret(&plan, "shop-databases");
        object.metadata.deletion_timestamp = serde_json::from_value(json!("2026-01-01T00:00:00Z")).unwrap();
        children.insert(&resource, Arc::new(object));
        let changes = changes(&platform, &plan, &children);
        let written: Vec<_> = changes.writes.iter().map(|write| write.planned.key()).collect();
        let waiting = &changes.waiting;
        assert!(changes.being_deleted);
        assert!(written.contains(&ObjectKey::new("StatefulSet", "shop-postgres")));
        assert!(!written.contains(&ObjectKey::new("Deployment", "shop-pay")));
        assert!(waiting.contains(&(
            ObjectKey::new("Deployment", "shop-pay"),
            "Secret shop-databases, which is being deleted".to_owned()
        )));
    }

    #[test]
    fn what_reads_a_secret_that_is_not_stored_waits_and_nothing_else() {
        let platform = platform(false);
        let plan = plan(&platform, &Observed::default());
        let children = Children::default();
        let mut changes = changes(&platform, &plan, &children);
        let all = changes.writes.len();
        let names = |keys: &[ObjectKey]| -> Vec<String> {
            keys.iter()
                .map(ToString::to_string)
                .map(|name| name.split("-setup-").next().unwrap().to_owned())
                .collect()
        };
        let for_postgres = changes.wait_for(&ObjectKey::new("Secret", "shop-postgres"));
        assert_eq!(names(&for_postgres), ["StatefulSet shop-postgres", "Job shop"]);
        let for_databases = changes.wait_for(&ObjectKey::new("Secret", "shop-databases"));
        // The Job reads both, so that it is named for both.
        assert!(
            names(&for_databases).contains(&"Job shop".to_owned()),
            "{for_databases:?}"
        );
        assert!(!for_databases.contains(&ObjectKey::new("Deployment", "shop-gateway")));
        assert_eq!(changes.writes.len() + changes.without_secret.len(), all);
        assert_eq!(
            changes.without_secret.len(),
            for_databases.len() + 1,
            "{for_databases:?}"
        );
    }

    #[test]
    fn a_refusal_names_what_waits_and_counts_the_rest() {
        let secret = ObjectKey::new("Secret", "shop-databases");
        let waiting =
            ["order", "pay", "store", "delivery", "customer"].map(|name| ObjectKey::new("Deployment", name));
        let words = |count: usize| refusal(&secret, "exceeded quota", &waiting[..count]);
        assert_eq!(words(0), "Secret shop-databases: exceeded quota");
        assert_eq!(
            words(1),
            "Secret shop-databases: exceeded quota (Deployment order waits for it)"
        );
        assert_eq!(
            words(4),
            "Secret shop-databases: exceeded quota (Deployment order, Deployment pay, Deployment store and Deployment \
             delivery wait for it)"
        );
        assert_eq!(
            words(5),
            "Secret shop-databases: exceeded quota (Deployment order, Deployment pay, Deployment store and 2 more wait \
             for it)"
        );
    }

    #[test]
    fn the_job_that_ran_stays_until_the_one_that_waits_for_a_secret_is_there() {
        let platform = platform(false);
        let plan = plan(&platform, &Observed::default());
        let setup = plan.objects.iter().find(|planned| planned.resource.kind == "Job");
        let setup = setup.unwrap();
        let mut former = DynamicObject::clone(&setup.object);
        former.metadata.name = Some("shop-setup-former".to_owned());
        let mut children = Children::default();
        children.insert(&setup.resource, Arc::new(former));
        let mut changes = changes(&platform, &plan, &children);
        assert_eq!(changes.deletions.len(), 1);
        changes.wait_for(&ObjectKey::new("Secret", "shop-databases"));
        assert!(changes.deletions.is_empty(), "{:?}", changes.deletions);
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
