//! Plays the part of the operator: reports on every generation of a platform.

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

/// What is reported of a platform whose service has that image, if any.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Verdict {
    Ready,
    /// It is looked at, but the condition is of the look before.
    StillReady,
    /// It may get there.
    Waiting(&'static str),
    /// It will not get there by itself.
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

/// Reports on the platform as it is now, unless that is done.
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
