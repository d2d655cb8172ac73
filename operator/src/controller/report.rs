//! Step four: writes the status and the events.

use std::time::Duration;

use fdp_crds::{FoodDeliveryPlatform, FoodDeliveryPlatformStatus, condition};
use jiff::Timestamp;
use k8s_openapi::{
    api::core::v1::ObjectReference,
    apimachinery::pkg::apis::meta::v1::{Condition, Time},
};
use kube::{
    Api, Resource, ResourceExt,
    api::{Patch, PatchParams},
    core::{ApiResource, DynamicObject},
    runtime::events::{Event, EventType, Recorder},
};
use serde_json::json;

use crate::{
    controller::{
        api_call::{ApiCall, retry_after, send},
        apply::Change,
        context::Context,
        platform::Platform,
    },
    kubernetes::names,
    model::assessment::Assessment,
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
    for event in changes
        .iter()
        .filter_map(|change| change_event(change, reference.namespace.as_deref()))
    {
        publish(&context.recorder, &event, &reference).await;
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
    for event in transition_events(&previous, &next) {
        // If the same recorder publishes a similar event again, it repeats the first note. Each transition has its own
        // note, so it needs a new recorder.
        let recorder = Recorder::new(context.client.clone(), context.reporter.clone());
        publish(&recorder, &event, &reference).await;
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
    let conditions = assessment
        .conditions
        .iter()
        .map(|current| {
            let status = current.status.as_str();
            let since = condition::find(&previous.conditions, current.type_)
                .filter(|before| before.status == status)
                .map_or_else(
                    || Time(whole_seconds(now)),
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
        conditions,
        version: assessment.version.clone().or_else(|| previous.version.clone()),
        url: assessment.url.clone(),
        services: assessment.services.clone(),
        cloud: assessment.cloud.clone(),
        stores: assessment.stores.clone().or_else(|| previous.stores.clone()),
    }
}

/// The API server stores whole seconds; with fractions, the status written would not equal the status read.
fn whole_seconds(now: Timestamp) -> Timestamp {
    Timestamp::from_second(now.as_second()).unwrap_or(now)
}

async fn write_status(
    context: &Context,
    platform: &Platform,
    status: &FoodDeliveryPlatformStatus,
) -> Result<(), ReportError> {
    let name = platform.name_any();
    let namespace = platform.namespace().unwrap_or_default();
    // Untyped, because the resource may have a specification that cannot be parsed.
    let resource = ApiResource::erase::<FoodDeliveryPlatform>(&());
    let api = Api::<DynamicObject>::namespaced_with(context.client.clone(), &namespace, &resource);
    let patch = json!({
        "apiVersion": resource.api_version,
        "kind": resource.kind,
        "metadata": { "name": name },
        "status": status,
    });
    let parameters = PatchParams::apply(names::MANAGER).force();
    let call = ApiCall {
        verb: "patch",
        kind: "FoodDeliveryPlatform/status",
        name: &name,
    };
    match send(call, api.patch_status(&name, &parameters, &Patch::Apply(&patch))).await {
        Ok(_) => Ok(()),
        // It was deleted in the meantime.
        Err(kube::Error::Api(status)) if status.code == 404 => Ok(()),
        Err(source) => Err(ReportError { name, source }),
    }
}

fn change_event(change: &Change, namespace: Option<&str>) -> Option<Event> {
    let object = &change.object;
    let (type_, reason, note) = match &change.kind {
        // A new platform has dozens of new objects, and its status covers them.
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
    if !was(condition::STALLED) && is(condition::STALLED) {
        events.push(event(
            EventType::Warning,
            "Report",
            "Stalled",
            message(condition::STALLED),
        ));
    }
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
async fn publish(recorder: &Recorder, event: &Event, reference: &ObjectReference) {
    let call = ApiCall {
        verb: "create",
        kind: "Event",
        name: &event.reason,
    };
    if let Err(error) = send(call, recorder.publish(event, reference)).await {
        tracing::warn!(%error, reason = event.reason, "an event could not be written");
    }
}
