//! The Job that tells Elasticsearch how to keep the logs and who brings them, and Kibana where they are.

use std::collections::BTreeMap;

use k8s_openapi::{
    api::{
        batch::v1::{Job, JobSpec},
        core::v1::{ConfigMap, ConfigMapVolumeSource, Container, EnvVar, PodSpec, PodTemplateSpec, Volume},
    },
    apimachinery::pkg::apis::meta::v1::ObjectMeta,
};
use kube::ResourceExt;
use serde_json::{Value, json};

use crate::{
    components::logging::{
        CERTIFICATES, ELASTICSEARCH_PORT, FLUENTD_PASSWORD, KIBANA_PASSWORD, KIBANA_PORT, elasticsearch,
        elasticsearch_server, index, kibana_server, labels, metadata, pipeline, superuser,
    },
    kubernetes::{
        health,
        names::{Component, ELASTICSEARCH, KIBANA, LOGGING_SETUP},
        pod, service_accounts,
    },
    model::{
        health::Health,
        object::{Planned, Wave, to_value},
        observed::Observed,
    },
    spec::{
        Logging, LoggingRunner, Validated,
        canonical::{hash, sorted},
    },
};

/// How often the Job may fail before it is given up. It waits for the servers by itself.
const RETRIES: i32 = 60;

/// The Job, and what it works with.
pub(super) fn objects(platform: &Validated, settings: &Logging, observed: &Observed) -> Vec<Planned> {
    let config = config(platform, settings);
    let job = Job {
        metadata: ObjectMeta {
            name: Some(job_name(platform, settings, observed)),
            ..metadata(platform, LOGGING_SETUP)
        },
        spec: Some(spec(platform, settings)),
        ..Default::default()
    };
    vec![
        service_accounts::account(platform, LOGGING_SETUP, Component::Logging),
        Planned::new(Wave::Configuration, &config),
        Planned::new(Wave::Setup, &job),
    ]
}

/// How the Job is doing.
pub(super) fn health(platform: &Validated, settings: &Logging, observed: &Observed) -> Health {
    let name = job_name(platform, settings, observed);
    let job = observed.children.typed::<Job>(&name);
    let mut pods = health::pods_of(&observed.pods, LOGGING_SETUP);
    // Pods of a former Job do not tell about this one.
    pods.retain(|pod| pod.labels().get("batch.kubernetes.io/job-name") == Some(&name));
    health::job(&name, job.as_ref(), &pods)
}

/// Its name holds a hash of all that it works with, passwords included, so that a change makes a new Job.
fn job_name(platform: &Validated, settings: &Logging, observed: &Observed) -> String {
    let credentials = &observed.credentials;
    let mut passwords = vec![&credentials.fluentd];
    if settings.runner == LoggingRunner::Operator {
        passwords.extend([&credentials.elasticsearch, &credentials.kibana]);
    }
    let inputs = hash(&json!([
        to_value(&spec(platform, settings)),
        config(platform, settings).data,
        passwords
    ]));
    format!("{}-{}", platform.child(LOGGING_SETUP), &inputs[..8])
}

fn config(platform: &Validated, settings: &Logging) -> ConfigMap {
    let file = |name: &str, content: &Value| (name.to_owned(), sorted(content).to_string());
    let mut files = BTreeMap::from([
        ("setup.sh".to_owned(), include_str!("setup.sh").to_owned()),
        file("policy.json", &pipeline::policy(settings)),
        file("template.json", &pipeline::template(platform, settings)),
        file("role.json", &pipeline::role(platform)),
    ]);
    if settings.kibana.is_some() {
        files.extend([file("data-view.json", &pipeline::data_view(platform))]);
    }
    ConfigMap {
        metadata: metadata(platform, LOGGING_SETUP),
        data: Some(files),
        ..Default::default()
    }
}

fn spec(platform: &Validated, settings: &Logging) -> JobSpec {
    let mut volumes = vec![
        pod::tmp(),
        Volume {
            name: "setup".to_owned(),
            config_map: Some(ConfigMapVolumeSource {
                name: platform.child(LOGGING_SETUP),
                ..Default::default()
            }),
            ..Default::default()
        },
    ];
    volumes.extend(
        trusted(platform, settings)
            .into_iter()
            .map(|(server, secret)| crate::components::logging::certificates(server, &secret)),
    );
    JobSpec {
        backoff_limit: Some(RETRIES),
        template: PodTemplateSpec {
            metadata: Some(ObjectMeta {
                labels: Some(labels(platform, LOGGING_SETUP)),
                ..Default::default()
            }),
            spec: Some(PodSpec {
                restart_policy: Some("OnFailure".to_owned()),
                containers: vec![container(platform, settings)],
                volumes: Some(volumes),
                security_context: Some(elasticsearch::security()),
                service_account_name: Some(platform.child(LOGGING_SETUP)),
                automount_service_account_token: Some(false),
                enable_service_links: Some(false),
                image_pull_secrets: pod::pull_secrets(platform),
                ..Default::default()
            }),
        },
        ..Default::default()
    }
}

/// The servers that speak TLS, with the Secrets that hold the certificates to trust.
fn trusted(platform: &Validated, settings: &Logging) -> Vec<(&'static str, String)> {
    let kibana = kibana_server(platform, settings).and_then(|server| server.certificates);
    let elasticsearch = elasticsearch_server(platform, settings).certificates;
    [(ELASTICSEARCH, elasticsearch), (KIBANA, kibana)]
        .into_iter()
        .filter_map(|(name, secret)| Some((name, secret?)))
        .collect()
}

fn container(platform: &Validated, settings: &Logging) -> Container {
    let mut mounts = vec![pod::read_only_mount("setup", "/setup")];
    mounts.extend(trusted(platform, settings).into_iter().map(|(server, _)| {
        pod::read_only_mount(
            &format!("{server}-certificates"),
            &format!("{CERTIFICATES}/{server}"),
        )
    }));
    pod::restrict(Container {
        name: LOGGING_SETUP.to_owned(),
        // Elasticsearch's own image holds a shell and curl, and is on its nodes anyway.
        image: Some(settings.elasticsearch_image.clone().unwrap_or_else(|| {
            format!(
                "docker.elastic.co/elasticsearch/elasticsearch:{}",
                settings.version
            )
        })),
        image_pull_policy: Some(platform.pull_policy.as_str().to_owned()),
        command: Some(["bash", "/setup/setup.sh"].map(str::to_owned).into()),
        env: Some(environment(platform, settings)),
        resources: Some(pod::resources(
            &pod::amounts(Some("10m"), "32Mi"),
            &pod::amounts(None, "128Mi"),
        )),
        volume_mounts: Some(mounts),
        ..Default::default()
    })
}

fn environment(platform: &Validated, settings: &Logging) -> Vec<EnvVar> {
    let ours = platform.child(ELASTICSEARCH);
    let (secret, key) = superuser(platform, settings);
    let mut variables = vec![
        pod::env(
            "ELASTICSEARCH_URL",
            elasticsearch_server(platform, settings).url(ELASTICSEARCH_PORT),
        ),
        pod::env("INDEX", index(platform)),
        pod::env_from_secret("ELASTIC_PASSWORD", &secret, key),
        pod::env_from_secret("FLUENTD_PASSWORD", &ours, FLUENTD_PASSWORD),
    ];
    if let Some(kibana) = kibana_server(platform, settings) {
        variables.push(pod::env("KIBANA_URL", kibana.url(KIBANA_PORT)));
        if settings.runner == LoggingRunner::Operator {
            variables.push(pod::env_from_secret("KIBANA_PASSWORD", &ours, KIBANA_PASSWORD));
        }
    }
    if !trusted(platform, settings).is_empty() {
        variables.push(pod::env("CERTIFICATES", CERTIFICATES));
    }
    variables
}
