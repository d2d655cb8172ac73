//! Pods that the API server refuses: by a quota, the security that a namespace demands, or a name that is too long.

use k8s_openapi::jiff::Timestamp;

use crate::{
    kubernetes::health::{
        patience::{Failures, Patience},
        text::shortened,
        trouble::Trouble,
    },
    model::events::Event,
};

/// Why a workload gets no pods, if that is what was told of it last.
pub(super) fn told(events: &[Event]) -> Option<Trouble> {
    let latest = |reason: &str| {
        let told = events.iter().filter(|event| event.reason == reason);
        told.max_by_key(|event| event.last)
    };
    let refused = latest("FailedCreate")?;
    if latest("SuccessfulCreate").is_some_and(|made| made.last > refused.last) {
        return None;
    }
    let failures = Failures {
        first: refused.first,
        last: refused.last,
        count: refused.count,
    };
    Some(refusal(&refused.message, Patience::Answered.ends(&failures)))
}

/// Why a Deployment gets no pods, by its condition `ReplicaFailure`.
pub(super) fn reported(message: &str, since: Timestamp) -> Trouble {
    refusal(message, Patience::Answered.ends(&Failures::since(since)))
}

fn refusal(message: &str, from: Timestamp) -> Trouble {
    Trouble {
        weight: 4,
        text: format!("refused: {}", shortened(&words(message))),
        brief: "is refused",
        lasts_from: Some(from),
    }
}

/// The words of the API server, without what the controller puts before them, and without the names of pods, which
/// differ from attempt to attempt.
fn words(message: &str) -> String {
    let words = ["Error creating: ", "failed error: "]
        .into_iter()
        .find_map(|before| message.split_once(before))
        .map_or(message, |(_, words)| words);
    match words
        .strip_prefix("pods \"")
        .and_then(|rest| rest.split_once("\" "))
    {
        Some((_, rest)) => format!("pods: {}", rest.trim_start_matches("is ")),
        None => words.to_owned(),
    }
}
