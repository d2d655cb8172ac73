//! The Job that copies all topics from one Kafka to another, and where consumer groups are.

use fdp_catalogue::variables;
use k8s_openapi::api::{
    batch::v1::JobSpec,
    core::v1::{Container, EnvVar, PodSpec},
};
use serde_json::json;

use crate::{
    components::kafka::client::client_environment,
    kubernetes::{
        job,
        names::{Component, SETUP, STORE_COPY},
        pod,
    },
    model::object::{Planned, Wave, to_value},
    spec::{Validated, canonical::hash},
};

/// The container, and the command of the setup's program that it runs.
const MIRROR: &str = "mirror";

/// The Job that copies the topics of `from` to `to`, two forms of a platform. `pause` tells one pause of the services from
/// another: what was copied in a former one is old.
pub fn copy(from: &Validated, to: &Validated, pause: &str) -> Planned {
    let name = copy_name(from, to, pause);
    let job = job::job(to, STORE_COPY, Component::Setup, name, spec(from, to));
    Planned::new(Wave::Setup, &job)
}

/// The name of that Job.
pub fn copy_name(from: &Validated, to: &Validated, pause: &str) -> String {
    let inputs = hash(&json!([to_value(&spec(from, to)), pause]));
    format!("{}-{}", to.child(STORE_COPY), &inputs[..8])
}

fn spec(from: &Validated, to: &Validated) -> JobSpec {
    let pod = PodSpec {
        containers: vec![container(from, to)],
        volumes: Some(vec![pod::tmp()]),
        security_context: Some(pod::pod_security(pod::SERVICE_USER)),
        ..Default::default()
    };
    job::spec_without_sidecar(to, STORE_COPY, Component::Setup, pod)
}

fn container(from: &Validated, to: &Validated) -> Container {
    let old = client_environment(from).into_iter().map(|variable| EnvVar {
        name: format!("{}{}", variables::OLD, variable.name),
        ..variable
    });
    let mut environment: Vec<EnvVar> = old.collect();
    environment.extend(client_environment(to));
    let groups: Vec<&str> = from
        .subscribers()
        .map(|extension| extension.name.as_str())
        .collect();
    if !groups.is_empty() {
        environment.push(pod::env(variables::GROUPS, groups.join(",")));
    }
    pod::container(
        to,
        MIRROR,
        &to.image(SETUP),
        Container {
            args: Some(vec![MIRROR.to_owned()]),
            env: Some(environment),
            resources: Some(pod::fixed_resources("50m", "64Mi", "512Mi")),
            // Its last words say what went wrong, even those of a program that does not know the command.
            termination_message_policy: Some("FallbackToLogsOnError".to_owned()),
            ..Default::default()
        },
    )
}
