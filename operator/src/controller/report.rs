//! Step four: writes the status and the events.

use std::time::Duration;

use fdp_crds::{FoodDeliveryPlatform, FoodDeliveryPlatformStatus, condition};
use jiff::Timestamp;
use k8s_openapi::{api::core::v1::ObjectReference, apimachinery::pkg::apis::meta::v1::Condition};
use kube::{
    Resource, ResourceExt,
    core::ApiResource,
    runtime::events::{Event, EventType},
};

use crate::{
    controller::{
        api_call::{ApiCall, namespace_ends, retry_after, send},
        apply::Change,
        context::Context,
        outages::outages,
        platform::{Platform, PlatformKey},
        status, store_events,
    },
    kubernetes::time::whole_seconds,
    model::{assessment::Assessment, reason::Reason},
    plan::compared::ChangeKind,
};

/// The maximum length of an event's text, in bytes.
const MAX_NOTE_LENGTH: usize = 1000;

/// The status could not be written.
#[derive(Debug, thiserror::Error)]
#[error("write the status of FoodDeliveryPlatform {name}")]
pub struct ReportError {
    name: String,
    #[source]
    source: kube::Error,
}

impl ReportError {
    /// The `Retry-After` of the API server.
    pub fn retry_after(&self) -> Option<Duration> {
        retry_after(&self.source)
    }
}

/// Writes the status if it changed, and an event for each notable change.
pub async fn report(
    context: &Context,
    platform: &Platform,
    assessment: &Assessment,
    changes: &[Change],
) -> Result<(), ReportError> {
    let reference = platform.object_ref(&());
    let single = changes
        .iter()
        .filter_map(|change| change_event(change, reference.namespace.as_deref()));
    for event in created_event(changes).into_iter().chain(single) {
        publish(context, &event, &reference).await;
    }
    let uid = platform.uid().unwrap_or_default();
    let version = platform.resource_version();
    let previous = last_status(context, platform);
    let next = next_status(
        &previous,
        assessment,
        platform.meta().generation,
        Timestamp::now(),
    );
    if next == previous {
        return Ok(());
    }
    // Before it is written, because the watch may deliver it before the API server has answered.
    context.writes.remember_status(&uid, version, next.clone());
    if let Err(error) = write_status(context, platform, &next).await {
        context.writes.forget(&uid);
        return Err(error);
    }
    let key = PlatformKey::of(platform);
    context
        .condition_changes
        .count(&key, &previous.conditions, &next.conditions);
    for event in transition_events(&previous, &next) {
        publish(context, &event, &reference).await;
    }
    Ok(())
}

/// The status of a platform, as it was last written or is in the caches.
pub fn last_status(context: &Context, platform: &Platform) -> FoodDeliveryPlatformStatus {
    let uid = platform.uid().unwrap_or_default();
    let version = platform.resource_version();
    context
        .writes
        .status(&uid, version.as_deref())
        .unwrap_or_else(|| {
            let readable = platform.0.as_ref().ok();
            readable
                .and_then(|platform| platform.status.clone())
                .unwrap_or_default()
        })
}

/// The status after this reconciliation. Conditions keep the time of their last transition unless their status changed.
pub fn next_status(
    previous: &FoodDeliveryPlatformStatus,
    assessment: &Assessment,
    generation: Option<i64>,
    now: Timestamp,
) -> FoodDeliveryPlatformStatus {
    let conditions: Vec<Condition> = assessment
        .conditions
        .iter()
        .map(|current| {
            let status = current.status.as_str();
            let since = condition::find(&previous.conditions, current.type_)
                .filter(|before| before.status == status)
                .map_or_else(
                    || whole_seconds(now),
                    |before| before.last_transition_time.clone(),
                );
            Condition {
                type_: current.type_.to_owned(),
                status: status.to_owned(),
                reason: current.reason.as_str().to_owned(),
                message: current.message.clone(),
                observed_generation: generation,
                last_transition_time: since,
            }
        })
        .collect();
    FoodDeliveryPlatformStatus {
        observed_generation: generation,
        outages: outages(previous, &conditions, &assessment.services),
        conditions,
        version: assessment.version.clone().or_else(|| previous.version.clone()),
        url: assessment.url.clone(),
        payments: assessment.payments.clone(),
        services: assessment.services.clone(),
        cloud: assessment.cloud.clone(),
        stores: assessment.stores.clone().or_else(|| previous.stores.clone()),
        reachability: assessment
            .reachability
            .clone()
            .unwrap_or_else(|| previous.reachability.clone()),
    }
}

async fn write_status(
    context: &Context,
    platform: &Platform,
    new: &FoodDeliveryPlatformStatus,
) -> Result<(), ReportError> {
    let name = platform.name_any();
    let namespace = platform.namespace().unwrap_or_default();
    let resource = ApiResource::erase::<FoodDeliveryPlatform>(&());
    match status::write(&context.client, &resource, (&namespace, &name), new).await {
        Ok(_) => Ok(()),
        Err(source) => Err(ReportError { name, source }),
    }
}

/// One event about everything that was created at once: a new platform has dozens of objects.
fn created_event(changes: &[Change]) -> Option<Event> {
    const NAMED: usize = 5;
    let created: Vec<String> = changes
        .iter()
        .filter(|change| matches!(change.kind, ChangeKind::Created))
        .map(|change| change.object.to_string())
        .collect();
    let more = created.len().saturating_sub(NAMED);
    let mut note = created[..created.len() - more].join(", ");
    if more > 0 {
        note = format!("{note} and {more} more");
    }
    (!created.is_empty()).then(|| event(EventType::Normal, "Reconcile", "Created", note))
}

fn change_event(change: &Change, namespace: Option<&str>) -> Option<Event> {
    let object = &change.object;
    let (type_, reason, note) = match &change.kind {
        // All that is new is one event, and the status covers what changes without a restart.
        ChangeKind::Created | ChangeKind::Updated { rollout: None } => return None,
        ChangeKind::Updated {
            rollout: Some(reason),
        } => (
            EventType::Normal,
            "RollingOut",
            format!("{object}: pods are replaced: {reason}"),
        ),
        ChangeKind::Restored { field } => (
            EventType::Warning,
            "DriftCorrected",
            format!("{object}: {field} was changed by somebody else and is put back"),
        ),
        ChangeKind::Deleted => (
            EventType::Normal,
            "Deleted",
            format!("{object}: no longer part of the platform"),
        ),
    };
    // This also keeps the recorder from merging events about two objects.
    let secondary = ObjectReference {
        kind: Some(object.kind.clone()),
        name: Some(object.name.clone()),
        namespace: namespace.map(str::to_owned),
        ..Default::default()
    };
    Some(Event {
        secondary: Some(secondary),
        ..event(type_, "Reconcile", reason, note)
    })
}

fn transition_events(previous: &FoodDeliveryPlatformStatus, next: &FoodDeliveryPlatformStatus) -> Vec<Event> {
    let message = |type_| {
        condition::find(&next.conditions, type_)
            .map(|condition| condition.message.clone())
            .unwrap_or_default()
    };
    let was = |type_| condition::is_true(&previous.conditions, type_);
    let is = |type_| condition::is_true(&next.conditions, type_);
    let mut events = Vec::new();
    match (was(condition::READY), is(condition::READY)) {
        (false, true) => {
            events.push(event(
                EventType::Normal,
                "Report",
                "Ready",
                message(condition::READY),
            ));
        }
        (true, false) => {
            events.push(event(
                EventType::Warning,
                "Report",
                "NotReady",
                message(condition::READY),
            ));
        }
        _ => {}
    }
    let refused = |conditions| {
        condition::find(conditions, condition::READY)
            .filter(|ready| ready.reason == Reason::ApplyFailed.as_str())
            .map(|ready| ready.message.clone())
    };
    if let Some(why) = refused(&next.conditions)
        && refused(&previous.conditions).as_ref() != Some(&why)
    {
        events.push(event(EventType::Warning, "Apply", "ApplyFailed", why));
    }
    if !was(condition::STALLED) && is(condition::STALLED) {
        events.push(event(
            EventType::Warning,
            "Report",
            "Stalled",
            message(condition::STALLED),
        ));
    }
    events.extend(store_events::events(previous, next));
    events
}

fn event(type_: EventType, action: &str, reason: &str, mut note: String) -> Event {
    if note.len() > MAX_NOTE_LENGTH {
        note.truncate(note.floor_char_boundary(MAX_NOTE_LENGTH));
    }
    Event {
        type_,
        reason: reason.to_owned(),
        note: Some(note),
        action: action.to_owned(),
        secondary: None,
    }
}

/// A lost event does no harm, so an error must not fail the reconciliation.
async fn publish(context: &Context, event: &Event, reference: &ObjectReference) {
    let recorder = context.recorders.of(event, reference);
    let call = ApiCall {
        verb: "create",
        kind: "Event",
        name: &event.reason,
    };
    if let Err(error) = send(call, recorder.publish(event, reference)).await
        && !namespace_ends(&error)
    {
        tracing::warn!(%error, reason = event.reason, "an event could not be written");
    }
}
