//! The setup Job with the addresses of the servers on which it creates databases, roles and topics.

use fdp_catalogue::variables;
use k8s_openapi::api::core::v1::EnvVar;

use crate::{
    components::{kafka, postgres, setup},
    kubernetes::pod,
    model::{
        object::{Planned, RolloutStage},
        observed::Credentials,
    },
    spec::Validated,
};

/// The setup Job of data stores that do not serve yet, which holds up no update of the services.
pub(super) fn job_ahead(platform: &Validated, credentials: &Credentials) -> Planned {
    job(platform, credentials).rollout_stage(RolloutStage::Anytime)
}

/// The setup Job.
pub(super) fn job(platform: &Validated, credentials: &Credentials) -> Planned {
    setup::job(platform, credentials, &environment(platform))
}

/// The name of the setup Job that these inputs need.
pub fn job_name(platform: &Validated, credentials: &Credentials) -> String {
    setup::job_name(platform, credentials, &environment(platform))
}

fn environment(platform: &Validated) -> Vec<EnvVar> {
    let mut variables = postgres::administrator_environment(platform);
    variables.extend(kafka::client_environment(platform));
    variables.push(pod::env(
        variables::TOPIC_PARTITIONS,
        kafka::PARTITIONS.to_string(),
    ));
    variables.push(pod::env(
        variables::TOPIC_REPLICATION,
        kafka::replication(platform).to_string(),
    ));
    variables
}
