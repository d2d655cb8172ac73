//! The Deployments that use data stores, and the pods that are left of them.

use std::{collections::BTreeSet, sync::Arc};

use fdp_catalogue::Service;
use k8s_openapi::api::{apps::v1::Deployment, core::v1::Pod};
use kube::ResourceExt as _;

use crate::{
    kubernetes::{health, names},
    model::{health::Health, observed::Observed},
    plan::{rollout, stores::in_use::of_deployment},
    spec::{Place, Store, Validated},
};

const REPLICAS: &str = "spec.replicas";

/// The Deployments that use a store, with where it is for them.
pub(super) fn users(platform: &Validated, observed: &Observed, store: Store) -> Vec<(Deployment, Place)> {
    observed
        .children
        .iter()
        .filter(|(key, ..)| key.kind == "Deployment")
        .filter_map(|(key, ..)| observed.children.typed::<Deployment>(&key.name))
        .filter_map(|deployment| {
            let place = of_deployment(platform, store, &deployment)?;
            Some((deployment, place))
        })
        .collect()
}

/// Why a pod may still use one of these stores; `None` if none does.
pub(super) fn left(platform: &Validated, stores: &[Store], observed: &Observed) -> Option<Health> {
    let mut parts = BTreeSet::new();
    for store in stores {
        parts.extend(parts_with(*store));
        for (deployment, _) in users(platform, observed, *store) {
            if !is_at_rest(&deployment) {
                return Some(stopping(platform, &deployment));
            }
            parts.extend(part_of(&deployment).map(str::to_owned));
        }
    }
    let pod = parts
        .iter()
        .find_map(|part| running(observed, part).into_iter().next())?;
    Some(Health::Waiting(format!(
        "pod {} is being stopped",
        pod.name_any()
    )))
}

/// What a Deployment waits for that is to have no pods: whoever was left its replicas has to take them away.
fn stopping(platform: &Validated, deployment: &Deployment) -> Health {
    let name = deployment.name_any();
    let replicas = deployment
        .spec
        .as_ref()
        .and_then(|spec| spec.replicas)
        .unwrap_or(1);
    if replicas == 0 || !is_left_to_others(deployment) {
        return Health::Waiting(format!("Deployment {name} is being stopped"));
    }
    Health::Failed(format!(
        "Deployment {name} has {REPLICAS}: {replicas}, which the annotation {annotation} leaves to others: kubectl scale \
         deployment {name} -n {namespace} --replicas 0, and back when the change is done, or take {REPLICAS} out of the \
         annotation",
        annotation = names::UNMANAGED_FIELDS,
        namespace = platform.namespace,
    ))
}

/// Whether the operator leaves the number of pods of a Deployment to others.
fn is_left_to_others(deployment: &Deployment) -> bool {
    let left = deployment.annotations().get(names::UNMANAGED_FIELDS);
    left.is_some_and(|paths| paths.split(',').any(|path| path.trim() == REPLICAS))
}

/// The parts that get no pods yet, although the services take the new store: somebody has started pods of the store that was
/// left, and those go first.
pub(super) fn astray(platform: &Validated, store: Store, former: &Place, observed: &Observed) -> Vec<String> {
    let is_change = store
        .of(&observed.remembered.stores)
        .is_some_and(|known| known.change.is_some());
    if !is_change {
        return Vec::new();
    }
    let users = users(platform, observed, store).into_iter();
    let waiting: Vec<String> = users
        .filter(|(deployment, place)| place == former || wants_none(deployment))
        .filter_map(|(deployment, _)| part_of(&deployment).map(str::to_owned))
        .collect();
    let are_gone = waiting.iter().all(|part| running(observed, part).is_empty());
    if are_gone { Vec::new() } else { waiting }
}

/// The pods of a part whose containers may run. Those of a pod that failed, such as an evicted one, do not.
pub(super) fn running<'a>(observed: &'a Observed, part: &str) -> Vec<&'a Arc<Pod>> {
    let mut pods = health::pods_of(&observed.pods, part);
    pods.retain(|pod| {
        let phase = pod.status.as_ref().and_then(|status| status.phase.as_deref());
        !matches!(phase, Some("Failed" | "Succeeded"))
    });
    pods
}

/// The part that a Deployment belongs to.
pub(super) fn part_of(deployment: &Deployment) -> Option<&str> {
    let labels = deployment.metadata.labels.as_ref()?;
    labels.get(names::NAME_LABEL).map(String::as_str)
}

/// The parts of the platform's own services that use a store, canaries included. Pods may outlive their Deployment.
fn parts_with(store: Store) -> impl Iterator<Item = String> {
    let uses = move |service: &Service| match store {
        Store::Kafka | Store::Postgres => service.keeps_state(),
        Store::Mongodb => *service == Service::Order,
    };
    Service::ALL.into_iter().filter(uses).flat_map(|service| {
        let name = service.name();
        [name.to_owned(), names::canary(name)]
    })
}

fn wants_none(deployment: &Deployment) -> bool {
    deployment.spec.as_ref().and_then(|spec| spec.replicas) == Some(0)
}

/// Whether a Deployment wants no pods, and counts none.
pub(super) fn is_at_rest(deployment: &Deployment) -> bool {
    let counted = deployment.status.as_ref().and_then(|status| status.replicas);
    wants_none(deployment) && counted.unwrap_or(0) == 0 && rollout::of_deployment(deployment).is_ok()
}
