//! The Deployments that use data stores, and the pods that are left of them.

use std::{collections::BTreeSet, sync::Arc};

use fdp_catalogue::Service;
use k8s_openapi::api::{apps::v1::Deployment, core::v1::Pod};
use kube::ResourceExt as _;

use crate::{
    kubernetes::{health, names},
    model::observed::Observed,
    plan::{rollout, stores::in_use::of_deployment},
    spec::{Place, Store, Validated},
};

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
pub(super) fn left(platform: &Validated, stores: &[Store], observed: &Observed) -> Option<String> {
    let mut parts = BTreeSet::new();
    for store in stores {
        parts.extend(parts_with(*store));
        for (deployment, _) in users(platform, observed, *store) {
            if !is_at_rest(&deployment) {
                return Some(format!("Deployment {} is being stopped", deployment.name_any()));
            }
            parts.extend(part_of(&deployment).map(str::to_owned));
        }
    }
    let pod = parts
        .iter()
        .find_map(|part| running(observed, part).into_iter().next())?;
    Some(format!("pod {} is being stopped", pod.name_any()))
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
