//! Simulates the operator: reports on every generation of a platform.

use std::time::Duration;

use fdp_crds::{FoodDeliveryPlatform, condition};
use kube::{
    Api,
    api::{Patch, PatchParams},
};
use serde_json::json;
use tokio_util::task::AbortOnDropHandle;

use crate::bench::PLATFORM;

const LOOK: Duration = Duration::from_millis(50);

/// The status to report for a platform whose service has this image, if any.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Verdict {
    Ready,
    /// The generation is observed, but the condition is still that of the previous reconcile.
    StillReady,
    /// It may become ready.
    Waiting(&'static str),
    /// It will not become ready by itself.
    Stalled(&'static str),
}

/// Reports until it is dropped.
pub(crate) fn reports(
    platforms: Api<FoodDeliveryPlatform>,
    service: &'static str,
    verdict: impl Fn(&str) -> Verdict + Send + Sync + 'static,
) -> AbortOnDropHandle<()> {
    AbortOnDropHandle::new(tokio::spawn(async move {
        loop {
            report_once(&platforms, service, &verdict).await;
            tokio::time::sleep(LOOK).await;
        }
    }))
}

/// Reports on the current generation of the platform, unless that is done.
pub(crate) async fn report_once(
    platforms: &Api<FoodDeliveryPlatform>,
    service: &str,
    verdict: impl Fn(&str) -> Verdict,
) {
    let Some(platform) = platforms.get_opt(PLATFORM).await.unwrap() else {
        return;
    };
    let generation = platform.metadata.generation;
    let reported = platform.status.and_then(|status| status.observed_generation);
    if reported == generation {
        return;
    }
    let spec = serde_json::to_value(platform.spec).unwrap();
    let image = spec["services"][service]["image"].as_str().unwrap_or_default();
    let verdict = verdict(image);
    let about = match verdict {
        Verdict::StillReady => generation.map(|generation| generation - 1),
        _ => generation,
    };
    let (ready, stalled, reason, message) = match verdict {
        Verdict::Ready | Verdict::StillReady => ("True", "False", "PlatformReady", "everything is up"),
        Verdict::Waiting(why) => ("False", "False", "ServicesNotReady", why),
        Verdict::Stalled(why) => ("False", "True", "RolloutStopped", why),
    };
    let condition = |type_: &str, status: &str| {
        json!({
            "type": type_, "status": status, "reason": reason, "message": message,
            "observedGeneration": about, "lastTransitionTime": "2026-01-01T00:00:00Z",
        })
    };
    let status = json!({ "status": {
        "observedGeneration": generation,
        "conditions": [condition(condition::READY, ready), condition(condition::STALLED, stalled)],
    } });
    platforms
        .patch_status(PLATFORM, &PatchParams::default(), &Patch::Merge(&status))
        .await
        .unwrap();
}
