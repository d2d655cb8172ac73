//! What is known of the reachability: what the Jobs have found last, else what the status remembers.

use fdp_catalogue::{Service, variables};
use fdp_crds::Reachability;
use k8s_openapi::api::batch::v1::Job;
use kube::{ResourceExt as _, core::DynamicObject};

use crate::{
    kubernetes::{job, names, time::whole_seconds},
    model::observed::Observed,
    spec::{Scaling, Validated},
};

/// How the program ends that is asked for something that it does not know. An image of an older version, which a platform
/// may name, cannot try anything: that is no fault of the network, and its Job is not left to try for ever.
const NOT_UNDERSTOOD: i32 = 2;

/// What is known, of each service that has pods.
pub(in crate::plan) fn found(platform: &Validated, observed: &Observed) -> Vec<Reachability> {
    platform
        .services
        .iter()
        .filter(|settings| settings.scaling != Scaling::Fixed(0))
        .filter_map(|settings| of(settings.service, observed))
        .collect()
}

fn of(service: Service, observed: &Observed) -> Option<Reachability> {
    let part = names::reach(service.name());
    let remembered = observed.remembered.reachability.iter();
    let before = remembered
        .filter(|known| known.service == service.name())
        .max_by_key(|known| known.since.0);
    let answer = latest(&part, observed).and_then(|job| answer(service, &part, job, before, observed));
    answer.or_else(|| before.cloned())
}

/// The Job that was created last.
fn latest<'o>(part: &str, observed: &'o Observed) -> Option<&'o DynamicObject> {
    let jobs = observed.children.iter().filter(|(key, _, object)| {
        key.kind == "Job"
            && object.metadata.deletion_timestamp.is_none()
            && object
                .labels()
                .get(names::NAME_LABEL)
                .is_some_and(|name| name == part)
    });
    jobs.map(|(_, _, object)| &**object)
        .max_by_key(|object| object.creation_timestamp())
}

/// What a Job has found; `None` if it has not tried yet.
fn answer(
    service: Service,
    part: &str,
    object: &DynamicObject,
    before: Option<&Reachability>,
    observed: &Observed,
) -> Option<Reachability> {
    let name = object.name_any();
    let status = object.clone().try_parse::<Job>().ok()?.status.unwrap_or_default();
    let is_complete = status
        .conditions
        .iter()
        .flatten()
        .any(|condition| condition.type_ == "Complete" && condition.status == "True");
    let now = || whole_seconds(observed.now);
    // What the status says of this Job already stays as it is.
    let known = before.filter(|known| known.job == name && known.problem.is_none());
    let since_then = || known.map_or_else(now, |known| known.since.clone());
    let (problem, since) = if is_complete {
        (None, status.completion_time.unwrap_or_else(since_then))
    } else if job::ends(part, &name, observed).any(|end| end.exit_code == NOT_UNDERSTOOD) {
        (None, since_then())
    } else {
        let mut words = job::last_words(part, &name, observed);
        let problem = words.find_map(|(_, words)| words.strip_prefix(variables::UNREACHABLE))?;
        let problem = problem.trim_start_matches(':').trim();
        let since = before.filter(|known| known.problem.is_some());
        (
            Some(problem.to_owned()),
            since.map_or_else(now, |known| known.since.clone()),
        )
    };
    Some(Reachability {
        service: service.name().to_owned(),
        job: name,
        since,
        problem,
    })
}
