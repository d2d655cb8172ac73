//! Which Jobs there are to be at the moment. One that has succeeded is deleted: what it has found is in the status.

use fdp_crds::condition;
use k8s_openapi::jiff::{SignedDuration, Timestamp};
use kube::ResourceExt as _;

use crate::{
    components::{extensions, reach},
    model::{
        assessment::{Assessment, ConditionStatus},
        health::Health,
        object::Planned,
        observed::Observed,
    },
    plan::reachability::{depends::depends_on, targets::targets},
    spec::Validated,
};

/// How long it counts that everything was reached. What is not ours may change at any time, such as the rules of a
/// firewall, and nothing tells.
const COUNTS_FOR: SignedDuration = SignedDuration::from_hours(1);
/// What has to be up before a service can reach it.
const NEEDED: [&str; 3] = [
    condition::KAFKA_READY,
    condition::DATABASE_READY,
    condition::SETUP_COMPLETE,
];

/// The Jobs that there are to be. `planned` are the other objects of the platform.
///
/// A new one waits until all is up, because what is not there yet is no fault of the network. One that fails stays, and its
/// pod tries again.
pub(in crate::plan) fn jobs(
    platform: &Validated,
    planned: &[Planned],
    observed: &Observed,
    assessment: &Assessment,
) -> Vec<Planned> {
    if platform.suspend || !is_up(platform, observed, assessment) {
        return Vec::new();
    }
    let mut wanted = Vec::new();
    // Services that reached everything when it was tried last, which was a while ago.
    let mut again: Vec<(bool, Timestamp, Planned)> = Vec::new();
    for settings in &platform.services {
        let service = settings.service;
        let Some(targets) = targets(platform, service, &assessment.services) else {
            continue;
        };
        let depends = depends_on(platform, service.name(), &targets, planned, observed);
        let job = reach::job(platform, service, &targets, &depends);
        match last_success(observed, service.name(), &job) {
            None => wanted.push(job),
            Some(then) if observed.now.duration_since(then) >= COUNTS_FOR => {
                let is_there = observed.children.get(&job.key()).is_some();
                again.push((!is_there, then, job));
            }
            Some(_) => {}
        }
    }
    // One after the other, so that nobody notices them.
    let next = again.into_iter().min_by_key(|(is_new, then, _)| (*is_new, *then));
    wanted.extend(next.map(|(_, _, job)| job));
    wanted
}

/// When this Job, or one that did the same, reached everything, once the status says so: a Job goes only then.
fn last_success(observed: &Observed, service: &str, job: &Planned) -> Option<Timestamp> {
    let mut found = observed.remembered.reachability.iter();
    let known = found.find(|known| known.service == service)?;
    (known.problem.is_none() && known.job == job.object.name_any()).then_some(known.since.0)
}

/// Whether everything runs that services call, extensions too, and every service in the version that it should have.
fn is_up(platform: &Validated, observed: &Observed, assessment: &Assessment) -> bool {
    let holds = |type_: &&str| {
        let condition = assessment.condition(type_);
        condition.is_some_and(|condition| condition.status == ConditionStatus::True)
    };
    assessment.version.is_some()
        && NEEDED.iter().all(holds)
        && extensions::health(platform, observed)
            .iter()
            .all(Health::is_ready)
}
