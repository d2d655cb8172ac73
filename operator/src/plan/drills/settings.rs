//! A drill with every default filled in, and the names of its Jobs.

use fdp_catalogue::Service;
use fdp_crds::{
    ResilienceDrill,
    drill::{Fault, ResilienceDrillSpec},
};
use k8s_openapi::jiff::SignedDuration;
use kube::ResourceExt as _;
use serde_json::json;

use crate::{
    components::{drill::MetricsWay, mesh::PROXY_METRICS_PORT},
    kubernetes::names::{DRILL, GATEWAY_DRILLS, KAFKA, MONGODB, POSTGRES, SIDECAR_DRILLS},
    model::object::to_value,
    spec::{Validated, canonical::hash},
};

const STEADY_SECONDS: i32 = 10;
const RECOVERY_SECONDS: i32 = 15;
const SETTLE_SECONDS: i32 = 60;
const TIMEOUT_SECONDS: i32 = 900;
const KILL_EVERY_SECONDS: i32 = 20;
const GUARD_PERCENT: i32 = 5;
const GUARD_SECONDS: i32 = 10;

/// A run of a drill.
pub(super) struct Run<'d> {
    pub(super) drill: &'d ResilienceDrill,
    /// Tells this run from others, from one with another specification, and from one whose load has another image or a
    /// sidecar: a Job cannot be changed.
    pub(super) id: String,
}

impl<'d> Run<'d> {
    pub(super) fn of(drill: &'d ResilienceDrill, platform: &Validated) -> Self {
        let image = (
            platform.image(DRILL),
            platform.pull_policy.as_str(),
            &platform.pull_secrets,
        );
        let inputs = json!([drill.uid(), to_value(&drill.spec), image, platform.mesh.is_some()]);
        Self {
            id: hash(&inputs)[..8].to_owned(),
            drill,
        }
    }

    pub(super) fn spec(&self) -> &ResilienceDrillSpec {
        &self.drill.spec
    }

    pub(super) fn fault(&self) -> &Fault {
        &self.drill.spec.fault
    }

    /// The name of the Job whose load runs before the fault.
    pub(super) fn steady_job(&self, platform: &Validated) -> String {
        format!("{}-steady-{}", platform.child(DRILL), self.id)
    }

    /// The name of the Job whose load runs during the fault, and after it.
    pub(super) fn fault_job(&self, platform: &Validated) -> String {
        format!("{}-fault-{}", platform.child(DRILL), self.id)
    }

    pub(super) fn steady_seconds(&self) -> u32 {
        seconds(self.spec().steady_seconds, STEADY_SECONDS)
    }

    pub(super) fn fault_seconds(&self) -> u32 {
        self.fault().seconds.unsigned_abs()
    }

    pub(super) fn recovery_seconds(&self) -> u32 {
        seconds(self.spec().recovery_seconds, RECOVERY_SECONDS)
    }

    pub(super) fn settle_seconds(&self) -> u32 {
        seconds(self.spec().settle_seconds, SETTLE_SECONDS)
    }

    pub(super) fn timeout(&self) -> SignedDuration {
        SignedDuration::from_secs(seconds(self.spec().timeout_seconds, TIMEOUT_SECONDS).into())
    }

    /// How many of a hundred requests of others may fail.
    pub(super) fn guard_percent(&self) -> u32 {
        let guard = self.spec().guard.as_ref();
        let percent = guard.and_then(|guard| guard.failed_percent);
        percent.unwrap_or(GUARD_PERCENT).unsigned_abs()
    }

    /// Over how many seconds they are counted.
    pub(super) fn guard_seconds(&self) -> u32 {
        let guard = self.spec().guard.as_ref();
        seconds(guard.and_then(|guard| guard.within_seconds), GUARD_SECONDS)
    }

    /// How the guard sees the gateway's metrics, if there is a guard.
    pub(super) fn way_to_gateway(&self) -> Option<MetricsWay> {
        self.spec().guard.as_ref()?;
        let to = Service::Gateway;
        Some(MetricsWay {
            part: GATEWAY_DRILLS,
            to,
            port: to.management_port()?,
        })
    }

    /// How the sidecars are asked that do wrong, if they do.
    pub(super) fn way_to_sidecars(&self) -> Option<MetricsWay> {
        let fault = self.fault().mesh.as_ref()?;
        let to = Service::ALL
            .into_iter()
            .find(|service| service.name() == fault.service)?;
        Some(MetricsWay {
            part: SIDECAR_DRILLS,
            to,
            port: PROXY_METRICS_PORT,
        })
    }

    /// The metrics that the load reads.
    pub(super) fn reads(&self) -> Vec<MetricsWay> {
        let ways = [self.way_to_gateway(), self.way_to_sidecars()];
        ways.into_iter().flatten().collect()
    }

    /// The time from one killed pod to the next.
    pub(super) fn kill_every(&self) -> SignedDuration {
        let killed = self.fault().pods_killed.as_ref();
        let every = seconds(killed.and_then(|killed| killed.every_seconds), KILL_EVERY_SECONDS);
        SignedDuration::from_secs(every.into())
    }

    /// The services whose pods are replaced.
    pub(super) fn replaced(&self, platform: &Validated) -> Vec<String> {
        let Some(replaced) = &self.fault().pods_replaced else {
            return Vec::new();
        };
        if replaced.services.is_empty() {
            let all = platform.services.iter();
            return all.map(|settings| settings.service.name().to_owned()).collect();
        }
        replaced.services.clone()
    }

    /// The time from one rollout to the next, if there is more than one.
    pub(super) fn replace_every(&self) -> Option<SignedDuration> {
        let every = self.fault().pods_replaced.as_ref()?.every_seconds?;
        Some(SignedDuration::from_secs(every.into()))
    }

    /// The first part that the fault is for and that the platform does not run.
    pub(super) fn unknown_part(&self, platform: &Validated) -> Option<String> {
        let runs = |name: &String| {
            platform
                .services
                .iter()
                .any(|settings| settings.service.name() == name)
        };
        let fault = self.fault();
        let scaled = fault.scaled_to_zero.iter().map(|scaled| scaled.service.clone());
        let faulty = fault.mesh.iter().map(|mesh| mesh.service.clone());
        let pay = fault.pay.iter().map(|_| Service::Pay.name().to_owned());
        let expected = self.spec().expect.replicas.iter();
        let expected = expected.map(|expected| expected.service.clone());
        let mut services = scaled
            .chain(faulty)
            .chain(pay)
            .chain(expected)
            .chain(self.replaced(platform));
        let is_store = |part: &String| [KAFKA, POSTGRES, MONGODB].contains(&part.as_str());
        let mut killed = fault.pods_killed.iter().map(|killed| killed.part.clone());
        services
            .find(|service| !runs(service))
            .or_else(|| killed.find(|part| !runs(part) && !is_store(part)))
    }
}

fn seconds(given: Option<i32>, default: i32) -> u32 {
    given.unwrap_or(default).unsigned_abs()
}
