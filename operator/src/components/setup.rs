//! The Job that makes databases, roles and topics.

use k8s_openapi::{
    api::{
        batch::v1::{Job, JobSpec},
        core::v1::{Container, EnvVar, PodSpec, PodTemplateSpec, SecretVolumeSource, Volume},
    },
    apimachinery::pkg::apis::meta::v1::ObjectMeta,
};
use serde_json::json;

use crate::{
    components::{kafka, mesh, postgres},
    kubernetes::{
        names::{self, Component, DATABASES, SETUP},
        pod,
    },
    model::{
        object::{Planned, Turn, Wave, to_value},
        observed::Credentials,
    },
    spec::{Validated, canonical::hash},
};

/// How often the Job may fail before it is given up. It waits for the servers by itself, so that
/// only crashes count.
const RETRIES: i32 = 60;

/// The setup Job. Its name holds a hash of all that it works with, passwords included, so that a change
/// makes a new Job; it changes nothing that is already right.
pub fn job(platform: &Validated, credentials: &Credentials) -> Planned {
    let job = Job {
        metadata: ObjectMeta {
            name: Some(job_name(platform, credentials)),
            labels: Some(names::labels(&platform.name, SETUP, Component::Setup)),
            ..Default::default()
        },
        spec: Some(spec(platform)),
        ..Default::default()
    };
    Planned::new(Wave::Setup, &job).turn(Turn::DataStores)
}

/// The name of the setup Job that these inputs need.
pub fn job_name(platform: &Validated, credentials: &Credentials) -> String {
    let inputs = hash(&json!([
        to_value(&spec(platform)),
        credentials.postgres,
        credentials.databases
    ]));
    format!("{}-{}", platform.child(SETUP), &inputs[..8])
}

fn spec(platform: &Validated) -> JobSpec {
    let mut labels = names::labels(&platform.name, SETUP, Component::Setup);
    // Here, so that the Job's name tells of it: a Job beside a sidecar never ends.
    labels.insert(mesh::INJECT_LABEL.to_owned(), "false".to_owned());
    JobSpec {
        backoff_limit: Some(RETRIES),
        template: PodTemplateSpec {
            metadata: Some(ObjectMeta {
                labels: Some(labels),
                ..Default::default()
            }),
            spec: Some(PodSpec {
                restart_policy: Some("OnFailure".to_owned()),
                containers: vec![container(platform)],
                volumes: Some(vec![
                    pod::tmp(),
                    Volume {
                        name: DATABASES.to_owned(),
                        secret: Some(SecretVolumeSource {
                            secret_name: Some(platform.child(DATABASES)),
                            ..Default::default()
                        }),
                        ..Default::default()
                    },
                ]),
                security_context: Some(pod::pod_security(pod::SERVICE_USER)),
                automount_service_account_token: Some(false),
                enable_service_links: Some(false),
                image_pull_secrets: pod::pull_secrets(platform),
                ..Default::default()
            }),
        },
        ..Default::default()
    }
}

fn container(platform: &Validated) -> Container {
    pod::restrict(Container {
        name: SETUP.to_owned(),
        image: Some(platform.image(SETUP)),
        image_pull_policy: Some(platform.pull_policy.as_str().to_owned()),
        env: Some(environment(platform)),
        resources: Some(pod::resources(
            &pod::amounts(Some("10m"), "24Mi"),
            &pod::amounts(None, "128Mi"),
        )),
        volume_mounts: Some(vec![pod::read_only_mount(DATABASES, "/etc/fdp/databases")]),
        ..Default::default()
    })
}

fn environment(platform: &Validated) -> Vec<EnvVar> {
    let mut variables = postgres::administrator_environment(platform);
    variables.extend(kafka::client_environment(platform));
    variables.push(pod::env("TOPIC_PARTITIONS", kafka::PARTITIONS.to_string()));
    variables.push(pod::env(
        "TOPIC_REPLICATION",
        kafka::replication(platform).to_string(),
    ));
    variables
}
