//! The health of a Job.

use k8s_openapi::api::batch::v1::Job;

use crate::{kubernetes::health::evidence::Evidence, model::health::Health};

/// The health of a Job.
pub fn job(name: &str, job: Option<&Job>, evidence: &Evidence<'_>) -> Health {
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
    let trouble = evidence.worst_of(job.metadata.uid.as_deref());
    evidence.health(&format!("Job {name}: not finished"), trouble.as_ref())
}
