//! The health of a Job.

use std::sync::Arc;

use k8s_openapi::api::{batch::v1::Job, core::v1::Pod};

use crate::{kubernetes::health::pod::why, model::health::Health};

/// The health of a Job.
pub fn job(name: &str, job: Option<&Job>, pods: &[&Arc<Pod>]) -> Health {
    let Some(job) = job else {
        return Health::Waiting(format!("Job {name}: not created yet"));
    };
    let holds = |type_: &str| {
        let status = job.status.as_ref()?;
        status
            .conditions
            .iter()
            .flatten()
            .find(|condition| condition.type_ == type_ && condition.status == "True")
    };
    if holds("Complete").is_some() {
        return Health::Ready;
    }
    if let Some(failed) = holds("Failed") {
        let why = failed.message.clone().unwrap_or_default();
        return Health::Failed(format!(
            "Job {name}: failed: {why}; look at its logs, and delete it to try again"
        ));
    }
    let why = why(pods).map(|why| format!(": {why}")).unwrap_or_default();
    Health::Waiting(format!("Job {name}: not finished{why}"))
}
