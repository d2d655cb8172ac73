//! Why a container does not run.

use k8s_openapi::{
    api::core::v1::{ContainerStateWaiting, ContainerStatus},
    jiff::Timestamp,
};

use crate::{
    kubernetes::health::{
        image,
        patience::{Failures, Patience},
        text::shortened,
        trouble::Trouble,
    },
    model::events::Event,
};

/// How the kubelet begins the events about attempts that failed.
const PULL_FAILED: &str = "Failed to pull image";
/// An event is written a moment after the status. One that is still missing after this time has expired.
const EVENT_IS_LATE: i64 = 600;

/// What is known about the attempts to start the containers of a pod.
pub(super) struct Attempts<'a> {
    /// Since when the kubelet has nothing else to wait for; the failure cannot be older.
    pub(super) possible_since: Option<Timestamp>,
    /// The events of the pod; `None` if they were not read.
    pub(super) events: Option<&'a [Event]>,
    pub(super) now: Timestamp,
}

impl Attempts<'_> {
    /// The failures about which the kubelet has told by such events.
    fn failures(&self, is_about: impl Fn(&Event) -> bool) -> Failures {
        let since = self.possible_since.unwrap_or(self.now);
        let Some(events) = self.events else {
            return Failures::since(since);
        };
        let told = events
            .iter()
            .filter(|event| event.last >= since && is_about(event))
            .map(|event| Failures {
                first: event.first.max(since),
                last: event.last,
                // It says nothing about how many of them were before.
                count: if event.first >= since { event.count } else { 1 },
            })
            .reduce(|one, other| Failures {
                first: one.first.min(other.first),
                last: one.last.max(other.last),
                count: one.count + other.count,
            });
        told.unwrap_or_else(|| {
            let is_old = self.now.duration_since(since).as_secs() > EVENT_IS_LATE;
            Failures::since(if is_old { since } else { self.now })
        })
    }
}

/// Why a container waits; `None` if it does not.
pub(super) fn trouble(container: &ContainerStatus, attempts: &Attempts<'_>) -> Option<Trouble> {
    let waiting = container.state.as_ref()?.waiting.as_ref()?;
    let reason = waiting.reason.as_deref().unwrap_or("Waiting");
    let said = waiting.message.as_deref().unwrap_or_default();
    match reason {
        "ContainerCreating" | "PodInitializing" => Some(Trouble::passing(1, "starting".to_owned())),
        // Its message contains the remaining seconds, which would change the status all the time.
        "CrashLoopBackOff" => Some(Trouble::passing(4, crash(container))),
        "ErrImagePull" | "ImagePullBackOff" => {
            let image = &container.image;
            let words = image::words(said, image);
            // The two reasons alternate.
            let text = match words.as_str() {
                "" => format!("ImagePullBackOff: cannot pull image {image}"),
                words => format!("ImagePullBackOff: cannot pull image {image}: {words}"),
            };
            let failures = attempts
                .failures(|event| event.message.starts_with(PULL_FAILED) && event.message.contains(image));
            let patience = image::patience(reason, said, image);
            Some(lasting(text, "cannot be pulled", patience.ends(&failures)))
        }
        "InvalidImageName"
        | "ErrImageNeverPull"
        | "ImageInspectError"
        | "RegistryUnavailable"
        | "SignatureValidationFailed" => {
            let failures = attempts.failures(|event| {
                ["Failed", "InspectFailed", "ErrImageNeverPull"].contains(&event.reason.as_str())
            });
            let patience = image::patience(reason, said, &container.image);
            Some(lasting(
                told(reason, waiting),
                "cannot be pulled",
                patience.ends(&failures),
            ))
        }
        "CreateContainerConfigError" | "CreateContainerError" | "RunContainerError" => {
            let failures =
                attempts.failures(|event| event.reason == "Failed" && !event.message.contains("Image"));
            // A busy node may need several attempts to start something; what is not there does not come by itself.
            let patience = match reason {
                "CreateContainerConfigError" => Patience::Answered,
                _ => Patience::Unanswered,
            };
            Some(lasting(
                told(reason, waiting),
                "cannot be started",
                patience.ends(&failures),
            ))
        }
        _ => Some(Trouble::passing(4, told(reason, waiting))),
    }
}

fn lasting(text: String, brief: &'static str, from: Timestamp) -> Trouble {
    Trouble {
        weight: 4,
        text,
        brief,
        lasts_from: Some(from),
    }
}

fn told(reason: &str, waiting: &ContainerStateWaiting) -> String {
    match waiting.message.as_deref() {
        Some(message) => format!("{reason}: {}", shortened(message)),
        None => reason.to_owned(),
    }
}

fn crash(container: &ContainerStatus) -> String {
    let last = container
        .last_state
        .as_ref()
        .and_then(|state| state.terminated.as_ref());
    let how = last.map_or_else(String::new, |last| {
        format!(
            ": exited with code {} ({})",
            last.exit_code,
            last.reason.as_deref().unwrap_or("Error")
        )
    });
    format!("CrashLoopBackOff: container {}{how}", container.name)
}
