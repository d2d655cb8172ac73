//! What shows that a fault happened: without it a drill proves nothing.

use fdp_drill::Report;
use k8s_openapi::{
    api::{apps::v1::Deployment, core::v1::Pod},
    jiff::Timestamp,
};
use kube::ResourceExt as _;

use crate::{
    kubernetes::health,
    model::observed::Observed,
    plan::drills::{runner, settings::Run},
    spec::Validated,
};

/// What can be seen of the fault at the moment; what was seen before counts as well.
pub(super) fn seen(
    run: &Run<'_>,
    platform: &Validated,
    began: Timestamp,
    observed: &Observed,
) -> Option<String> {
    let fault = run.fault();
    // Also when its time is over: it lasts until the operator ends it, which may have been away meanwhile.
    if let Some(scaled) = &fault.scaled_to_zero {
        return has_no_pods(platform, &scaled.service, observed);
    }
    if let Some(killed) = &fault.pods_killed {
        let new = since(&killed.part, began, observed);
        let names: Vec<String> = new.iter().map(|pod| pod.name_any()).collect();
        return (!names.is_empty())
            .then(|| format!("pods that came for those that were killed: {}", names.join(", ")));
    }
    if fault.by_runner.is_some() {
        return runner::seen(run.drill, observed);
    }
    if fault.pay.is_none() && fault.mesh.is_none() && fault.pods_replaced.is_none() {
        return Some("there was no fault but the load".to_owned());
    }
    let replaced = run.replaced(platform);
    let all_new = replaced
        .iter()
        .all(|service| !since(service, began, observed).is_empty());
    (!replaced.is_empty() && all_new).then(|| format!("new pods of {}", replaced.join(", ")))
}

/// What the load has seen of the fault.
pub(super) fn reported(report: &Report) -> Option<String> {
    let by_pay = report.pay.as_ref().filter(|pay| pay.payments > 0).map(|pay| {
        let replicas = if pay.replicas == 1 { "replica" } else { "replicas" };
        format!(
            "{} {replicas} of pay made {} payments slow or let them fail",
            pay.replicas, pay.payments
        )
    });
    let by_sidecars = || {
        let seen = report.sidecars.as_ref()?;
        (seen.delayed + seen.aborted > 0).then(|| {
            format!(
                "sidecars held up {} requests, and aborted {}",
                seen.delayed, seen.aborted
            )
        })
    };
    by_pay.or_else(by_sidecars)
}

fn has_no_pods(platform: &Validated, service: &str, observed: &Observed) -> Option<String> {
    let name = platform.child(service);
    let deployment = observed.children.typed::<Deployment>(&name)?;
    let status = deployment.status.unwrap_or_default();
    let is_asked = deployment.spec.and_then(|spec| spec.replicas) == Some(0);
    let is_seen = status.observed_generation >= deployment.metadata.generation;
    let none = status.replicas.unwrap_or_default() == 0;
    (is_asked && is_seen && none).then(|| format!("Deployment {name} had no pods"))
}

/// The pods of a part that were created since then, and are not on their way out.
fn since<'o>(part: &str, began: Timestamp, observed: &'o Observed) -> Vec<&'o Pod> {
    let pods = health::pods_of(&observed.pods, part).into_iter();
    let is_new = |pod: &&Pod| {
        pod.metadata.deletion_timestamp.is_none()
            && pod.creation_timestamp().is_some_and(|created| created.0 >= began)
    };
    pods.map(|pod| &**pod).filter(is_new).collect()
}
