//! The Job that creates databases, roles and topics, and signs in to the data stores as the services do.

use k8s_openapi::api::{
    batch::v1::JobSpec,
    core::v1::{Container, EnvVar, PodSpec, SecretVolumeSource, Volume},
};
use serde_json::json;

use crate::{
    kubernetes::{
        job,
        names::{Component, DATABASES, POSTGRES, SETUP},
        pod,
    },
    model::{
        object::{Planned, RolloutStage, Wave, to_value},
        observed::Credentials,
    },
    spec::{Validated, canonical::hash},
};

/// The container that waits until everything is read, and the command of the setup's program that it runs.
const DRAIN: &str = "drain";

/// The setup Job; `environment` holds the addresses of the servers, `read` hashes of what it reads besides the passwords of
/// PostgreSQL. Its name contains a hash of all its inputs, including passwords, so that a change creates a new Job. The Job
/// changes nothing that is already correct.
pub fn job(
    platform: &Validated,
    credentials: &Credentials,
    environment: &[EnvVar],
    read: &[String],
) -> Planned {
    let name = job_name(platform, credentials, environment, read);
    let job = job::job(
        platform,
        SETUP,
        Component::Setup,
        name,
        spec(platform, environment),
    );
    Planned::new(Wave::Setup, &job).rollout_stage(RolloutStage::DataStores)
}

/// The name of the setup Job that these inputs need.
pub fn job_name(
    platform: &Validated,
    credentials: &Credentials,
    environment: &[EnvVar],
    read: &[String],
) -> String {
    // An external PostgreSQL has an administrator of its own.
    let generated = platform.child(POSTGRES);
    let signs_in = environment.iter().any(|variable| {
        let source = variable
            .value_from
            .as_ref()
            .and_then(|source| source.secret_key_ref.as_ref());
        source.is_some_and(|source| source.name == generated)
    });
    let mut inputs = vec![
        to_value(&spec(platform, environment)),
        json!(signs_in.then_some(&credentials.postgres)),
        json!(credentials.databases),
    ];
    inputs.extend(read.iter().map(|read| json!(read)));
    format!("{}-{}", platform.child(SETUP), &hash(&json!(inputs))[..8])
}

/// The Job that waits until everything that was published is read; `change` tells one change of a store from another.
pub fn drain(
    platform: &Validated,
    credentials: &Credentials,
    environment: &[EnvVar],
    change: &str,
) -> Planned {
    let name = drain_name(platform, credentials, environment, change);
    let spec = drain_spec(platform, environment);
    Planned::new(
        Wave::Setup,
        &job::job(platform, SETUP, Component::Setup, name, spec),
    )
}

/// The name of that Job.
pub fn drain_name(
    platform: &Validated,
    credentials: &Credentials,
    environment: &[EnvVar],
    change: &str,
) -> String {
    let inputs = json!([
        to_value(&drain_spec(platform, environment)),
        credentials.databases,
        change
    ]);
    format!("{}-{DRAIN}-{}", platform.child(SETUP), &hash(&inputs)[..8])
}

fn drain_spec(platform: &Validated, environment: &[EnvVar]) -> JobSpec {
    let mut spec = spec(platform, environment);
    for container in spec.template.spec.iter_mut().flat_map(|pod| &mut pod.containers) {
        DRAIN.clone_into(&mut container.name);
        container.args = Some(vec![DRAIN.to_owned()]);
        // Its last words say what went wrong, even those of a program that does not know the command.
        container.termination_message_policy = Some("FallbackToLogsOnError".to_owned());
    }
    spec
}

fn spec(platform: &Validated, environment: &[EnvVar]) -> JobSpec {
    let pod = PodSpec {
        containers: vec![container(platform, environment)],
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
        ..Default::default()
    };
    job::spec_without_sidecar(platform, SETUP, Component::Setup, pod)
}

fn container(platform: &Validated, environment: &[EnvVar]) -> Container {
    pod::container(
        platform,
        SETUP,
        &platform.image(SETUP),
        Container {
            env: Some(environment.to_vec()),
            resources: Some(pod::fixed_resources("10m", "24Mi", "128Mi")),
            volume_mounts: Some(vec![pod::read_only_mount(DATABASES, "/etc/fdp/databases")]),
            ..Default::default()
        },
    )
}
