//! Formats platforms as JSON for programs. `docs/command-line.md` describes the format; fields are only ever added.

use fdp_crds::{Outage, ResilienceDrill, ServiceStatus, drill::ResilienceDrillStatus};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::ResourceExt as _;
use serde::Serialize;

use crate::{cli::status::shown::Shown, view::state::State};

#[derive(Serialize)]
struct Document<'a> {
    /// Whether there is at least one platform and each is ready.
    ready: bool,
    platforms: Vec<Platform<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Platform<'a> {
    namespace: &'a str,
    name: &'a str,
    ready: bool,
    /// The state in one word.
    state: &'static str,
    generation: Option<i64>,
    observed_generation: Option<i64>,
    version: Option<&'a str>,
    url: Option<&'a str>,
    /// Why the status could not be read.
    unreadable: Option<&'a str>,
    conditions: &'a [Condition],
    services: &'a [ServiceStatus],
    outages: &'a [Outage],
    drills: Vec<Drill<'a>>,
}

#[derive(Serialize)]
struct Drill<'a> {
    name: String,
    /// What it has shown; null before the operator has looked at it.
    status: Option<&'a ResilienceDrillStatus>,
}

/// The platforms as one line of JSON.
pub fn json(platforms: &[Shown]) -> serde_json::Result<String> {
    serde_json::to_string(&document(platforms))
}

/// The platforms as indented JSON for people.
pub fn pretty_json(platforms: &[Shown]) -> serde_json::Result<String> {
    serde_json::to_string_pretty(&document(platforms))
}

fn document(platforms: &[Shown]) -> Document<'_> {
    Document {
        ready: crate::cli::status::all_ready(platforms),
        platforms: platforms
            .iter()
            .map(|shown| Platform {
                namespace: &shown.view.namespace,
                name: &shown.view.name,
                ready: shown.ready,
                state: word(shown),
                generation: shown.view.generation,
                observed_generation: shown.view.observed_generation,
                version: shown.status.version.as_deref(),
                url: shown.status.url.as_deref(),
                unreadable: shown.unreadable.as_deref(),
                conditions: &shown.status.conditions,
                services: &shown.status.services,
                outages: &shown.status.outages,
                drills: shown.drills.iter().map(drill).collect(),
            })
            .collect(),
    }
}

fn drill(drill: &ResilienceDrill) -> Drill<'_> {
    Drill {
        name: drill.name_any(),
        status: drill.status.as_ref(),
    }
}

/// The state for programs. It does not change when the labels for people change.
fn word(shown: &Shown) -> &'static str {
    if shown.unreadable.is_some() {
        return "Unreadable";
    }
    match shown.view.state {
        State::Ready => "Ready",
        State::Reconciling => "Reconciling",
        State::NotReady => "NotReady",
        State::Stalled => "Stalled",
        State::Suspended => "Suspended",
        State::Outdated => "Outdated",
        State::Unreported => "Unreported",
        State::Deleting => "Deleting",
    }
}
