//! The setup Job with the addresses of the servers on which it creates databases, roles and topics, or only signs in.

use fdp_catalogue::variables;
use k8s_openapi::api::core::v1::EnvVar;
use serde_json::json;

use crate::{
    components::{kafka, mongodb, postgres, setup},
    kubernetes::pod,
    model::{
        object::{Planned, RolloutStage},
        observed::Observed,
    },
    plan::secrets,
    spec::{Mongodb, Store, Validated, canonical::hash},
};

/// The setup Job of data stores that do not serve yet, which holds up no update of the services.
pub(super) fn job_ahead(platform: &Validated, observed: &Observed) -> Planned {
    job(platform, observed).rollout_stage(RolloutStage::Anytime)
}

/// The setup Job.
pub(super) fn job(platform: &Validated, observed: &Observed) -> Planned {
    let environment = environment(platform);
    let read = read(platform, &environment, observed);
    setup::job(platform, &observed.credentials, &environment, &read)
}

/// The Job that waits until everything that was published is read.
pub(super) fn drain(platform: &Validated, change: &str, observed: &Observed) -> Planned {
    let environment = drain_environment(platform);
    setup::drain(platform, &observed.credentials, &environment, change)
}

/// The name of that Job.
pub(super) fn drain_name(platform: &Validated, change: &str, observed: &Observed) -> String {
    let environment = drain_environment(platform);
    setup::drain_name(platform, &observed.credentials, &environment, change)
}

/// The variables of the setup, and the consumer groups that somebody reads with.
fn drain_environment(platform: &Validated) -> Vec<EnvVar> {
    let services = platform
        .services
        .iter()
        .filter_map(|settings| settings.service.consumer_group());
    let subscribers = platform.subscribers();
    let groups: Vec<&str> = services
        .chain(subscribers.map(|extension| extension.name.as_str()))
        .collect();
    let mut variables = environment(platform);
    variables.push(pod::env(variables::GROUPS, groups.join(",")));
    variables
}

/// The name of the setup Job that these inputs need.
pub fn job_name(platform: &Validated, observed: &Observed) -> String {
    let environment = environment(platform);
    let read = read(platform, &environment, observed);
    setup::job_name(platform, &observed.credentials, &environment, &read)
}

/// Hashes of what the Job reads from Secrets that the platform names, and of the password of MongoDB, so that a change of
/// them makes another Job.
fn read(platform: &Validated, environment: &[EnvVar], observed: &Observed) -> Vec<String> {
    let all = secrets::of_platform(platform);
    let named = secrets::hash_of(&json!({ "env": environment }), &all, platform, observed);
    let signs_in = !mongodb::sign_in_environment(platform).is_empty();
    let mongodb = mongodb::generated_password(platform, &observed.credentials).filter(|_| signs_in);
    let mongodb = mongodb.map(|password| hash(&json!(["mongodb", password])));
    named.into_iter().chain(mongodb).collect()
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
    variables.extend(mongodb::sign_in_environment(platform));
    variables.extend(owner(platform));
    variables
}

/// Whose names are made, where others may have theirs.
fn owner(platform: &Validated) -> Vec<EnvVar> {
    let shares_names = Store::ALL
        .into_iter()
        .any(|store| platform.shared(store).is_some());
    let shares_orders = matches!(platform.mongodb, Mongodb::External { .. });
    if !shares_names && !shares_orders {
        return Vec::new();
    }
    let mut variables = vec![pod::env(
        variables::OWNER,
        format!("{}/{}", platform.namespace, platform.name),
    )];
    let uid = platform.owner.as_ref().map(|owner| &owner.uid);
    variables.extend(uid.map(|uid| pod::env(variables::OWNER_UID, uid)));
    // Platforms from before there were prefixes may have the same topics.
    let kafka = platform.shared(Store::Kafka);
    let without_prefix = kafka.filter(|there| there.prefix.is_empty());
    variables.extend(without_prefix.map(|_| pod::env(variables::MARK_TOPICS, "true")));
    if shares_orders {
        variables.push(pod::env(variables::MARK_MONGODB, "true"));
    }
    variables
}
