//! Whose turn it is: a platform stands one drill at a time.

use std::time::Duration;

use fdp_crds::{
    ResilienceDrill,
    drill::{ResilienceDrillStatus, Verdict},
};
use k8s_openapi::jiff::{SignedDuration, Timestamp};
use kube::ResourceExt as _;

use crate::{
    components::drill::MetricsWay,
    model::{
        object::{ObjectKey, Planned},
        observed::Observed,
    },
    plan::drills::{
        alerts,
        finish::{finished, is_finished, of_this_run},
        jobs::{Progress, progress},
        kills::{self, Kill},
        settings::Run,
        step::step,
    },
    spec::Validated,
};

/// How soon to look again while a drill runs. Watches tell of its Jobs and of what it does to pods; this is for what passes with
/// time alone. The operator shares its node with what is measured, so that it looks no more often than it has to.
const WHILE_IT_RUNS: Duration = Duration::from_secs(5);

/// What the drills of a platform need and say.
#[derive(Clone, Debug, Default)]
pub struct Drilled {
    /// The Jobs of the load.
    pub jobs: Vec<Planned>,
    /// What lets the load ask for alerts.
    pub way: Option<Planned>,
    /// The metrics that the load reads.
    pub reads: Vec<MetricsWay>,
    /// The pod that is to be killed now.
    pub kill: Option<Kill>,
    /// The status of each drill, by its name.
    pub statuses: Vec<(String, ResilienceDrillStatus)>,
    /// When to look again; none if no drill runs.
    pub next: Option<Duration>,
}

/// A fault that is in force.
pub(super) struct Active<'o> {
    pub(super) run: Run<'o>,
    pub(super) began: Timestamp,
    pub(super) ends: Timestamp,
}

/// What the drills of a platform need and say at the moment.
pub fn drills(platform: &Validated, observed: &Observed) -> Drilled {
    let mut drilled = Drilled::default();
    let Some(current) = current(platform, observed) else {
        for drill in &observed.drills {
            drilled.say(drill, of_this_run(drill));
        }
        return drilled;
    };
    for drill in &observed.drills {
        let before = of_this_run(drill);
        if is_finished(drill) {
            drilled.say(drill, before);
        } else if drill.uid() == current.uid() {
            let run = Run::of(drill, platform);
            let step = step(&run, platform, before, observed);
            drilled.next = Some(WHILE_IT_RUNS);
            drilled.way = alerts::way(&run, platform, &step.jobs);
            if !step.jobs.is_empty() {
                drilled.reads = run.reads();
            }
            drilled.jobs = step.jobs;
            drilled.say(drill, step.status);
        } else {
            let message = format!(
                "drill {} runs: a platform stands one at a time; change spec.run when that one is finished",
                current.name_any()
            );
            let status = finished(
                before,
                Verdict::Aborted,
                "AnotherDrillRuns",
                message,
                observed.now,
            );
            drilled.say(drill, status);
        }
    }
    if let Some(active) = active(platform, observed) {
        let left = active.ends.duration_since(observed.now);
        let mut next = left;
        if let Some(killed) = &active.run.fault().pods_killed {
            let every = active.run.kill_every();
            let (kill, due_in) = kills::due((platform, &killed.part), active.began, every, observed);
            drilled.kill = kill;
            next = next.min(due_in);
        }
        if let Some((_, due_in)) = active.rollout(observed.now) {
            next = next.min(due_in);
        }
        let next = Duration::try_from(next).unwrap_or_default();
        drilled.next = Some(next.clamp(Duration::from_millis(50), WHILE_IT_RUNS));
    }
    drilled
}

/// The status of a drill whose platform does not exist.
pub fn without_platform(drill: &ResilienceDrill, now: Timestamp) -> ResilienceDrillStatus {
    let before = of_this_run(drill);
    if is_finished(drill) {
        return before;
    }
    let message = format!(
        "there is no FoodDeliveryPlatform {} in this namespace; change spec.run when there is",
        drill.spec.platform
    );
    finished(before, Verdict::Aborted, "NoPlatform", message, now)
}

/// Which drill hurts the platform at the moment, and until when, as a sentence.
pub fn at_work(platform: &Validated, observed: &Observed) -> Option<String> {
    let active = active(platform, observed)?;
    Some(format!(
        "drill {} hurts it on purpose until {}",
        active.run.drill.name_any(),
        active.ends
    ))
}

/// The fault that is in force at the moment.
pub(super) fn active<'o>(platform: &Validated, observed: &'o Observed) -> Option<Active<'o>> {
    let run = Run::of(current(platform, observed)?, platform);
    if !platform.allows_drills || platform.suspend {
        return None;
    }
    let Progress::Running { since } = progress(&run.fault_job(platform), observed) else {
        return None;
    };
    let ends = since + SignedDuration::from_secs(run.fault_seconds().into());
    (observed.now < ends).then_some(Active {
        run,
        began: since,
        ends,
    })
}

/// The drill whose turn it is: the one that has a Job already, else the one that was created first.
fn current<'o>(platform: &Validated, observed: &'o Observed) -> Option<&'o ResilienceDrill> {
    let unfinished = observed.drills.iter().filter(|drill| !is_finished(drill));
    let has_job = |drill: &ResilienceDrill| {
        let run = Run::of(drill, platform);
        let jobs = [run.steady_job(platform), run.fault_job(platform)];
        jobs.into_iter()
            .any(|name| observed.children.get(&ObjectKey::new("Job", name)).is_some())
    };
    unfinished
        .min_by_key(|drill| (!has_job(drill), drill.creation_timestamp(), drill.name_any()))
        .map(|drill| &**drill)
}

impl Active<'_> {
    /// Which of the repeated rollouts is due, counted from 0, and the time until the next one.
    pub(super) fn rollout(&self, now: Timestamp) -> Option<(i64, SignedDuration)> {
        let every = self.run.replace_every()?;
        let since = now.duration_since(self.began).max(SignedDuration::ZERO);
        let round = since.as_secs() / every.as_secs().max(1);
        let next = every.checked_mul(i32::try_from(round).ok()?.checked_add(1)?)?;
        Some((round, next - since))
    }
}

impl Drilled {
    fn say(&mut self, drill: &ResilienceDrill, status: ResilienceDrillStatus) {
        self.statuses.push((drill.name_any(), status));
    }
}
