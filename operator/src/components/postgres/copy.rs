//! The Job that copies all databases from one PostgreSQL to another, and compares them.

use fdp_catalogue::Service;
use k8s_openapi::api::{
    batch::v1::JobSpec,
    core::v1::{Container, EnvVar, PodSpec, SecretVolumeSource, Volume},
};
use serde_json::json;

use crate::{
    components::postgres::{cloud_native_pg, server::PORT},
    kubernetes::{
        job,
        names::{Component, DATABASES, POSTGRES, STORE_COPY},
        pod,
    },
    model::{
        object::{Planned, Wave, to_value},
        observed::Credentials,
    },
    spec::{Postgres, Validated, canonical::hash},
};

/// The user `postgres` of the official image; the programs need none of their own.
const USER: i64 = 999;
const PASSWORDS: &str = "/etc/fdp/databases";
const SCRIPT: &str = include_str!("copy.sh");

/// The Job that copies the databases of `from` to `to`, two forms of a platform. `pause` tells one pause of the services from
/// another: what was copied in a former one is old.
pub fn copy(from: &Validated, to: &Validated, credentials: &Credentials, pause: &str) -> Planned {
    let name = copy_name(from, to, credentials, pause);
    let job = job::job(to, STORE_COPY, Component::Setup, name, spec(from, to));
    Planned::new(Wave::Setup, &job)
}

/// The name of that Job.
pub fn copy_name(from: &Validated, to: &Validated, credentials: &Credentials, pause: &str) -> String {
    let inputs = hash(&json!([to_value(&spec(from, to)), credentials.databases, pause]));
    format!("{}-{}", to.child(STORE_COPY), &inputs[..8])
}

fn spec(from: &Validated, to: &Validated) -> JobSpec {
    let passwords = Service::with_database().map(|service| pod::item(service.name()));
    let pod = PodSpec {
        containers: vec![container(from, to)],
        volumes: Some(vec![
            pod::tmp(),
            Volume {
                name: DATABASES.to_owned(),
                secret: Some(SecretVolumeSource {
                    secret_name: Some(to.child(DATABASES)),
                    items: Some(passwords.collect()),
                    ..Default::default()
                }),
                ..Default::default()
            },
        ]),
        security_context: Some(pod::pod_security(USER)),
        ..Default::default()
    };
    job::spec_without_sidecar(to, STORE_COPY, Component::Setup, pod)
}

fn container(from: &Validated, to: &Validated) -> Container {
    let databases: Vec<&str> = Service::with_database().map(Service::name).collect();
    let mut environment = server("OLD", from);
    environment.extend(server("NEW", to));
    environment.push(pod::env("DATABASES", databases.join(" ")));
    pod::container(
        to,
        STORE_COPY,
        &image(from, to),
        Container {
            command: Some(["sh", "-c", SCRIPT].map(str::to_owned).into()),
            env: Some(environment),
            resources: Some(pod::fixed_resources("50m", "64Mi", "512Mi")),
            // Its last words say what went wrong.
            termination_message_policy: Some("FallbackToLogsOnError".to_owned()),
            volume_mounts: Some(vec![pod::read_only_mount(DATABASES, PASSWORDS)]),
            ..Default::default()
        },
    )
}

/// The variables that say where a server is, and what names begin with there.
fn server(side: &str, platform: &Validated) -> Vec<EnvVar> {
    let name = |what: &str| format!("{side}_{what}");
    let inside = |host: String| {
        vec![
            pod::env(&name("HOST"), host),
            pod::env(&name("PORT"), PORT.to_string()),
        ]
    };
    match &platform.postgres {
        Postgres::Managed(_) => inside(platform.child(POSTGRES)),
        Postgres::CloudNativePg(_) => inside(cloud_native_pg::server(platform)),
        Postgres::External(there) => vec![
            pod::env_from_secret(&name("HOST"), &there.secret, "host"),
            pod::env_from_secret(&name("PORT"), &there.secret, "port"),
            pod::env_from_optional_secret(&name("SSLMODE"), &there.secret, "sslmode"),
            pod::env(&name("PREFIX"), &there.prefix),
        ],
    }
}

/// An image with `pg_dump` and `psql`. The old server's has the version that reads it; what is known of neither server is
/// read with the image of the managed one.
fn image(from: &Validated, to: &Validated) -> String {
    let known = |platform: &Validated| match &platform.postgres {
        Postgres::Managed(data_store) => Some(data_store.image.clone()),
        Postgres::CloudNativePg(cluster) => cluster.image.clone(),
        Postgres::External(_) => None,
    };
    known(from)
        .or_else(|| known(to))
        .unwrap_or_else(|| to.default_postgres_image())
}
