//! Step four: tells the status, the events and the metrics what happened.

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
        Context,
        apply::{Change, ChangeKind},
        caches::Platform,
        patience::{Question, answer, retry_after},
    },
    kubernetes::names,
    model::assessment::Assessment,
};

/// Events hold at most this many bytes of text.
const LONGEST_NOTE: usize = 1000;

/// The status could not be written.
#[derive(Debug, thiserror::Error)]
#[error("write the status of FoodDeliveryPlatform {name}")]
pub struct ReportError {
    name: String,
    #[source]
    source: kube::Error,
}

impl ReportError {
    /// How long the API server asks to be left alone.
    pub fn retry_after(&self) -> Option<Duration> {
        retry_after(&self.source)
    }
}

/// Writes the status if it differs from what is there, and an event for everything worth one.
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
    let previous = context
        .writes
        .status(&uid, version.as_deref())
        .unwrap_or_else(|| {
            platform
                .0
                .as_ref()
                .ok()
                .and_then(|platform| platform.status.clone())
                .unwrap_or_default()
        });
    let next = next_status(
        &previous,
        assessment,
        platform.meta().generation,
        Timestamp::now(),
    );
    if next == previous {
        return Ok(());
    }
    write_status(context, platform, &next).await?;
    context.writes.remember_status(&uid, version, next.clone());
    for event in transition_events(&previous, &next) {
        // A recorder that is asked again repeats the first text, and each transition has its own.
        let recorder = Recorder::new(context.client.clone(), context.reporter.clone());
        publish(&recorder, &event, &reference).await;
    }
    Ok(())
}

/// The status after this look. Conditions keep the time of their last transition unless they moved.
pub fn next_status(
    previous: &FoodDeliveryPlatformStatus,
    assessment: &Assessment,
    generation: Option<i64>,
    now: Timestamp,
) -> FoodDeliveryPlatformStatus {
    let conditions = assessment
        .conditions
        .iter()
        .map(|verdict| {
            let status = verdict.status.as_str();
            let since = condition::find(&previous.conditions, verdict.type_)
                .filter(|before| before.status == status)
                .map_or_else(
                    || Time(whole_seconds(now)),
                    |before| before.last_transition_time.clone(),
                );
            Condition {
                type_: verdict.type_.to_owned(),
                status: status.to_owned(),
                reason: verdict.reason.as_str().to_owned(),
                message: verdict.message.clone(),
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
    }
}

/// The API server keeps whole seconds; with fractions, what we wrote would not equal what we read.
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
    // Not typed: the resource may be one that we cannot read.
    let resource = ApiResource::erase::<FoodDeliveryPlatform>(&());
    let api = Api::<DynamicObject>::namespaced_with(context.client.clone(), &namespace, &resource);
    let patch = json!({
        "apiVersion": resource.api_version,
        "kind": resource.kind,
        "metadata": { "name": name },
        "status": status,
    });
    let parameters = PatchParams::apply(names::MANAGER).force();
    let question = Question {
        verb: "patch",
        kind: "FoodDeliveryPlatform/status",
        name: &name,
    };
    match answer(
        question,
        api.patch_status(&name, &parameters, &Patch::Apply(&patch)),
    )
    .await
    {
        Ok(_) => Ok(()),
        // It was deleted meanwhile, so nobody wants to know.
        Err(kube::Error::Api(status)) if status.code == 404 => Ok(()),
        Err(source) => Err(ReportError { name, source }),
    }
}

fn change_event(change: &Change, namespace: Option<&str>) -> Option<Event> {
    let object = &change.object;
    let (type_, reason, note) = match &change.kind {
        // A new platform has dozens of new objects, and its status tells of them.
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
    // The object also keeps the recorder from taking events about two objects for one.
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
    if note.len() > LONGEST_NOTE {
        note.truncate(note.floor_char_boundary(LONGEST_NOTE));
    }
    Event {
        type_,
        reason: reason.to_owned(),
        note: Some(note),
        action: action.to_owned(),
        secondary: None,
    }
}

/// An event that is lost does no harm, so it must not fail a reconciliation.
async fn publish(recorder: &Recorder, event: &Event, reference: &ObjectReference) {
    let question = Question {
        verb: "create",
        kind: "Event",
        name: &event.reason,
    };
    if let Err(error) = answer(question, recorder.publish(event, reference)).await {
        tracing::warn!(%error, reason = event.reason, "an event could not be written");
    }
}
