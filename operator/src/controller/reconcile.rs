//! Reconciles one platform: runs the four steps one after the other.

use std::{sync::Arc, time::Duration, time::Instant};

use fdp_trace::{Kind, Span, TraceContext};
use kube::{Resource as _, ResourceExt as _, runtime::controller::Action};
use tracing::Instrument as _;

use crate::{
    components::{drill, reach},
    connect::chain,
    controller::{
        apply, aws,
        context::Context,
        drills::{self, DrillError},
        ending_namespaces,
        observe::{self, ObserveError},
        platform::{Platform, PlatformKey},
        recent_writes::MAX_CACHE_LAG,
        remote_cluster::{self, Target, TargetError},
        report::{self, ReportError},
        target_cluster::TargetCluster,
    },
    kubernetes::health,
    model::{assessment::Assessment, remembered::is_changing},
    plan,
    spec::Validated,
    telemetry,
};

/// How often a platform is reconciled if nothing changes.
const RESYNC_INTERVAL: Duration = Duration::from_mins(5);

/// How long the operator has to lack a right until the status says so.
const REFUSAL_COUNTS_AFTER: Duration = Duration::from_secs(20);

/// How often it is reconciled while it names a Secret that no watch tells of, because it lacks the label.
const UNWATCHED_SECRET_INTERVAL: Duration = Duration::from_mins(1);

/// Why a reconciliation has to be repeated soon.
#[derive(Debug, thiserror::Error)]
pub enum ReconcileError {
    #[error(transparent)]
    Target(#[from] TargetError),
    #[error(transparent)]
    Observe(#[from] ObserveError),
    #[error("apply: {}", refused.join("; "))]
    Apply {
        refused: Vec<String>,
        /// The `Retry-After` of the API server.
        retry_after: Option<Duration>,
    },
    #[error(transparent)]
    Report(#[from] ReportError),
    #[error(transparent)]
    Drill(#[from] DrillError),
}

/// Brings a platform closer to its desired state.
pub async fn reconcile(platform: Arc<Platform>, context: Arc<Context>) -> Result<Action, ReconcileError> {
    context.caches.synced().await;
    context.queue.started(&platform);
    let key = PlatformKey::of(&platform);
    let started = Instant::now();
    let trace = TraceContext::start();
    let mut span = Span::begin(Kind::Internal, trace, || "reconcile".to_owned());
    span.set("platform", &key);
    let logs = tracing::info_span!("reconcile", trace_id = %trace.trace_id());
    let work = Box::pin(reconcile_platform(&platform, &context).instrument(logs));
    let result = fdp_trace::within(trace, work).await;
    if let Err(error) = &result {
        span.set("error.message", &chain(error));
        span.fail();
    }
    telemetry::reconciled(started.elapsed(), result.is_ok());
    if result.is_ok() {
        context.backoff.succeeded(&key);
    }
    result
}

async fn reconcile_platform(platform: &Platform, context: &Context) -> Result<Action, ReconcileError> {
    if platform.meta().deletion_timestamp.is_some() {
        return finalize(platform, context).await;
    }
    let validated = match validate(platform, context) {
        Ok(validated) => validated,
        Err(problem) => {
            let assessment = Assessment::of_invalid_spec(&problem);
            report::report(context, platform, &assessment, &[]).await?;
            return Ok(Action::await_change());
        }
    };
    let (cluster, validated) = match remote_cluster::target(context, platform, validated).await? {
        Target::Ready(cluster, validated) => (cluster, validated),
        Target::Pending(health) => {
            let assessment = Assessment::without_cluster(&health, aws::status(platform, context));
            report::report(context, platform, &assessment, &[]).await?;
            return Ok(Action::requeue(RESYNC_INTERVAL));
        }
        Target::Unknown => return Ok(Action::await_change()),
    };
    if let Some(next) = blocked(context, &cluster, platform).await? {
        return Ok(next);
    }
    let scaled_by_others = cluster.copies.scaled_by_others(&validated.namespace);
    let validated = validated.scaled_by_others(&scaled_by_others);
    let created = platform.creation_timestamp().map(|time| time.0);
    let last_status = report::last_status(context, platform);
    let observation = observe::observe(context, &cluster, &validated, created, &last_status).await?;
    let mut observed = observation.observed;
    let validated = plan::drills::under_fault(validated, &observed);
    let plan = plan::plan(&validated, &observed);
    let outcome = apply::apply(&cluster, &context.restores, &validated, &plan, &observed.children).await;
    if outcome.namespace_ends {
        context
            .ending_namespaces
            .refused(&PlatformKey::of(platform), Instant::now());
        return ending(context, platform).await;
    }
    let assessment = if outcome.written.is_empty() {
        plan.assessment
    } else {
        observe::replace_written(&mut observed, outcome.written);
        plan::conditions::assess(&validated, &observed)
    };
    let assessment = assessment.with_unwritten(&outcome.unwritten);
    // What only tries something comes and goes, which is no news.
    let mut news = outcome.changes.clone();
    news.retain(|change| {
        !reach::is_job(&validated, &change.object) && !drill::comes_and_goes(&validated, &change.object)
    });
    report::report(context, platform, &assessment, &news).await?;
    drills::carry_on(context, &cluster, &plan.drilled, &observed).await?;
    if !outcome.unwritten.refused.is_empty() {
        return Err(ReconcileError::Apply {
            refused: outcome.unwritten.refused,
            retry_after: outcome.retry_after,
        });
    }
    // No watch tells of Secrets that are not ours, nor of our own status, which leads a change of data stores on.
    let stores_change = plan::secrets::missing(&validated, &observed)
        || observed.remembered.is_changing()
        || assessment.stores.as_ref().is_some_and(is_changing);
    // What the Jobs have found is in the status now, so that they can go.
    let reaches = assessment.reachability.as_deref();
    let was_tried = reaches.is_some_and(|found| *found != observed.remembered.reachability);
    let soon = observation.caches_lag
        || outcome.deleting
        || !outcome.changes.is_empty()
        || stores_change
        || was_tried;
    let interval = match (soon, plan::secrets::unwatched(&observed)) {
        (true, _) => MAX_CACHE_LAG,
        (false, true) => UNWATCHED_SECRET_INTERVAL,
        (false, false) => RESYNC_INTERVAL,
    };
    // Not before the pause of an object that is left alone is over.
    let restores_in = outcome.restores_in.map(|left| left + Duration::from_millis(10));
    let looks = [
        health::next_look(&observed),
        restores_in,
        plan.drilled.next,
        plan.room.next_look(),
    ];
    let earlier = looks.into_iter().flatten().min();
    Ok(Action::requeue(
        earlier.map_or(interval, |earlier| earlier.min(interval)),
    ))
}

/// Whether the platform cannot be worked on at all, and if so when to look again.
async fn blocked(
    context: &Context,
    cluster: &TargetCluster,
    platform: &Platform,
) -> Result<Option<Action>, ReconcileError> {
    let key = PlatformKey::of(platform);
    if context.ending_namespaces.has(&key, Instant::now()) {
        return ending(context, platform).await.map(Some);
    }
    let Some(refused) = cluster.copies.refusals.of(&key.namespace) else {
        return Ok(None);
    };
    // An API server that has just started refuses for a moment what it does not know yet.
    if let Some(left) = REFUSAL_COUNTS_AFTER.checked_sub(refused.ago)
        && !left.is_zero()
    {
        return Ok(Some(Action::requeue(left)));
    }
    let assessment = Assessment::without_rights(&refused.messages);
    report::report(context, platform, &assessment, &[]).await?;
    Ok(Some(Action::requeue(RESYNC_INTERVAL)))
}

/// Reports that the platform ends with its namespace. Nothing can be created there any more, and the rest is Kubernetes' work.
async fn ending(context: &Context, platform: &Platform) -> Result<Action, ReconcileError> {
    let namespace = platform.namespace().unwrap_or_default();
    let assessment = Assessment::of_ending_namespace(&namespace);
    report::report(context, platform, &assessment, &[]).await?;
    Ok(Action::requeue(ending_namespaces::PAUSE))
}

/// Finalizes a deleted platform. Kubernetes deletes its objects in the same cluster by their owner references.
async fn finalize(platform: &Platform, context: &Context) -> Result<Action, ReconcileError> {
    context.writes.forget(&platform.uid().unwrap_or_default());
    let (health, next) = match remote_cluster::finalize(context, platform).await? {
        Some(health) => (Some(health), Action::requeue(MAX_CACHE_LAG)),
        None => (aws::deletion_health(platform, context), Action::await_change()),
    };
    if let Some(health) = health {
        report::report(context, platform, &Assessment::of_deletion(&health), &[]).await?;
    }
    Ok(next)
}

fn validate(platform: &Platform, context: &Context) -> Result<Validated, String> {
    let readable = platform.0.as_ref().map_err(|invalid| invalid.error.clone())?;
    Validated::new(readable, &context.settings).map_err(|invalid| invalid.to_string())
}

/// When to reconcile again after an error.
pub fn on_error(platform: &Platform, error: &ReconcileError, context: &Context) -> Action {
    Action::requeue(delay_after(platform, error, context))
}

/// How long to wait after an error: longer each time, and at least the `Retry-After` of the API server.
pub fn delay_after(platform: &Platform, error: &ReconcileError, context: &Context) -> Duration {
    let key = PlatformKey::of(platform);
    let retry_after = match error {
        ReconcileError::Target(_) => None,
        ReconcileError::Observe(error) => error.retry_after(),
        ReconcileError::Apply { retry_after, .. } => *retry_after,
        ReconcileError::Report(error) => error.retry_after(),
        ReconcileError::Drill(error) => error.retry_after(),
    };
    let delay = context.backoff.failed(&key).max(retry_after.unwrap_or_default());
    tracing::warn!(platform = key.to_string(), error = %chain(error), retry_in = ?delay, "reconciliation failed");
    delay
}
