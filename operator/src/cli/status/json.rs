//! Writes platforms down for programs; the form is described in `docs/command-line.md` and only ever grows.

use fdp_crds::ServiceStatus;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use serde::Serialize;

use crate::{cli::status::shown::Shown, view::state::State};

#[derive(Serialize)]
struct Document<'a> {
    /// Whether there is a platform, and every one of them is ready.
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
}

/// The platforms as one line of JSON.
pub fn json(platforms: &[Shown]) -> serde_json::Result<String> {
    serde_json::to_string(&document(platforms))
}

/// The platforms as JSON for people to look at.
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
            })
            .collect(),
    }
}

/// Programs compare it, so it stays what it is when the labels for people change.
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
