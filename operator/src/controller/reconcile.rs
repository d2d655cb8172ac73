//! One look at one platform: the four steps in a row.

use std::{sync::Arc, time::Duration, time::Instant};

use fdp_trace::{Kind, Span, TraceContext};
use kube::{Resource, ResourceExt, runtime::controller::Action};
use tracing::Instrument as _;

use crate::{
    connect::chain,
    controller::{
        Context, apply,
        caches::Platform,
        cloud,
        observe::{self, ObserveError},
        report::{self, ReportError},
        target::{self, Found, TargetError},
        writes,
    },
    model::assessment::Assessment,
    plan,
    spec::Validated,
    telemetry,
};

/// How often a platform is looked at if nothing seems to happen.
const CALM: Duration = Duration::from_mins(5);

/// Why a look at a platform has to be repeated soon.
#[derive(Debug, thiserror::Error)]
pub enum ReconcileError {
    #[error(transparent)]
    Target(#[from] TargetError),
    #[error(transparent)]
    Observe(#[from] ObserveError),
    #[error("apply: {}", refused.join("; "))]
    Apply {
        refused: Vec<String>,
        /// How long the API server asks to be left alone.
        retry_after: Option<Duration>,
    },
    #[error(transparent)]
    Report(#[from] ReportError),
}

/// Brings a platform closer to what its resource says.
pub async fn reconcile(platform: Arc<Platform>, context: Arc<Context>) -> Result<Action, ReconcileError> {
    context.caches.synced().await;
    context.queue.taken(&platform);
    let started = Instant::now();
    let trace = TraceContext::start();
    let mut span = Span::begin(Kind::Internal, trace, || "reconcile".to_owned());
    span.set("platform", &key(&platform));
    let logs = tracing::info_span!("reconcile", trace_id = %trace.trace_id());
    let looking = Box::pin(look_at(&platform, &context).instrument(logs));
    let result = fdp_trace::within(trace, looking).await;
    if let Err(error) = &result {
        span.set("error.message", &chain(error));
        span.fail();
    }
    telemetry::reconciled(started.elapsed(), result.is_ok());
    if result.is_ok() {
        context.backoff.succeeded(&key(&platform));
    }
    result
}

async fn look_at(platform: &Platform, context: &Context) -> Result<Action, ReconcileError> {
    if platform.meta().deletion_timestamp.is_some() {
        return leave(platform, context).await;
    }
    let validated = match validate(platform, context) {
        Ok(validated) => validated,
        Err(problem) => {
            let assessment = Assessment::of_invalid_spec(&problem);
            report::report(context, platform, &assessment, &[]).await?;
            return Ok(Action::await_change());
        }
    };
    let (cluster, validated) = match target::find(context, platform, validated).await? {
        Found::Here(cluster, validated) => (cluster, validated),
        Found::NotYet(health) => {
            let assessment = Assessment::without_cluster(&health, cloud::status(platform, context));
            report::report(context, platform, &assessment, &[]).await?;
            return Ok(Action::requeue(CALM));
        }
        Found::Unknown => return Ok(Action::await_change()),
    };
    let observation = observe::observe(context, &cluster, &validated).await?;
    let mut observed = observation.observed;
    let plan = plan::plan(&validated, &observed);
    let outcome = apply::apply(&cluster, &validated, &plan, &observed.children).await;
    let assessment = if outcome.written.is_empty() {
        plan.assessment
    } else {
        observe::absorb(&mut observed, outcome.written);
        plan::conditions::assess(&validated, &observed)
    };
    let assessment = assessment.with_unwritten(&outcome.unwritten);
    report::report(context, platform, &assessment, &outcome.changes).await?;
    if !outcome.unwritten.refused.is_empty() {
        return Err(ReconcileError::Apply {
            refused: outcome.unwritten.refused,
            retry_after: outcome.retry_after,
        });
    }
    let soon = observation.caches_lag || outcome.leaving || !outcome.changes.is_empty();
    Ok(Action::requeue(if soon { writes::PATIENCE } else { CALM }))
}

/// Lets a deleted platform go. Everything beside its resource goes with it, by owner references.
async fn leave(platform: &Platform, context: &Context) -> Result<Action, ReconcileError> {
    context.writes.forget(&platform.uid().unwrap_or_default());
    let (health, next) = match target::leave(context, platform).await? {
        Some(health) => (Some(health), Action::requeue(writes::PATIENCE)),
        None => (cloud::deletion(platform, context), Action::await_change()),
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

/// Says when to look again after an error.
pub fn on_error(platform: &Platform, error: &ReconcileError, context: &Context) -> Action {
    Action::requeue(delay_after(platform, error, context))
}

/// How long to wait after an error: longer each time, and as long as the API server asks at least.
pub fn delay_after(platform: &Platform, error: &ReconcileError, context: &Context) -> Duration {
    let key = key(platform);
    let asked = match error {
        ReconcileError::Target(_) => None,
        ReconcileError::Observe(error) => error.retry_after(),
        ReconcileError::Apply { retry_after, .. } => *retry_after,
        ReconcileError::Report(error) => error.retry_after(),
    };
    let delay = context.backoff.failed(&key).max(asked.unwrap_or_default());
    tracing::warn!(platform = key, error = %chain(error), retry_in = ?delay, "reconciliation failed");
    delay
}

pub(super) fn key(platform: &Platform) -> String {
    format!(
        "{}/{}",
        platform.namespace().unwrap_or_default(),
        platform.name_any()
    )
}
