//! The Job that configures Elasticsearch and Kibana: index template, retention, roles and data view.

use fdp_catalogue::variables;
use k8s_openapi::api::{
    batch::v1::JobSpec,
    core::v1::{ConfigMap, Container, EnvVar, PodSpec},
};
use serde_json::{Value, json};

use crate::{
    components::logging::{
        access::{CERTIFICATES, certificates, elasticsearch_server, kibana_server, superuser},
        elasticsearch,
        passwords::{FLUENTD_PASSWORD, KIBANA_PASSWORD},
        pipeline::{self, index},
        server::{ELASTICSEARCH_PORT, KIBANA_PORT},
    },
    kubernetes::{
        config_map::config_map,
        health, job,
        names::{Component, ELASTICSEARCH, KIBANA, LOGGING_SETUP},
        pod, pod_template, service_accounts,
    },
    model::{
        health::Health,
        object::{Planned, Wave, to_value},
        observed::Observed,
        reason::Reason,
    },
    spec::{
        Logging, LoggingRunner, Validated,
        canonical::{hash, sorted},
    },
};

/// The Job and the objects that it uses.
pub(super) fn objects(platform: &Validated, settings: &Logging, observed: &Observed) -> Vec<Planned> {
    let config = config(platform, settings);
    let name = job_name(platform, settings, observed);
    let spec = spec(platform, settings);
    let job = job::job(platform, LOGGING_SETUP, Component::Logging, name, spec);
    vec![
        service_accounts::account(platform, LOGGING_SETUP, Component::Logging),
        Planned::new(Wave::Configuration, &config),
        Planned::new(Wave::Setup, &job),
    ]
}

/// The health of the Job.
pub(super) fn health(platform: &Validated, settings: &Logging, observed: &Observed) -> Health {
    let name = job_name(platform, settings, observed);
    let health = job::health(LOGGING_SETUP, &name, observed);
    if health.is_ready() {
        return health;
    }
    let mut words = job::last_words(LOGGING_SETUP, &name, observed);
    match words.find_map(|(_, words)| words.strip_prefix(variables::REFUSED)) {
        Some(words) => Health::Held {
            reason: Reason::SignInRefused,
            message: refused(platform, settings, words.trim()),
            for_person: true,
        },
        None => health,
    }
}

/// What a condition says of passwords that Elasticsearch refuses, in its words.
fn refused(platform: &Validated, settings: &Logging, words: &str) -> String {
    let (secret, key) = superuser(platform, settings);
    let way = match settings.runner {
        LoggingRunner::Operator => format!(
            "Elasticsearch takes the password of Secret {secret} until somebody sets another one there: put that one into the \
             Secret's key {key}, or set the Secret's: kubectl exec -it {server}-0 -n {namespace} -- \
             bin/elasticsearch-reset-password -u elastic -i",
            server = platform.child(ELASTICSEARCH),
            namespace = platform.namespace,
        ),
        LoggingRunner::Eck => {
            format!(
                "ECK keeps the password in the key {key} of Secret {secret}: look at the log of its operator"
            )
        }
    };
    format!("{}. {way}", health::shortened(words))
}

/// Its name contains a hash of all its inputs, including passwords, so that a change creates a new Job.
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
    let file = |name, content: &Value| (name, sorted(content).to_string());
    let data_view = || file("data-view.json", &pipeline::data_view(platform));
    let files = [
        ("setup.sh", include_str!("setup.sh").to_owned()),
        file("policy.json", &pipeline::policy(settings)),
        file("template.json", &pipeline::template(platform, settings)),
        file("role.json", &pipeline::role(platform)),
    ];
    let files = files.into_iter().chain(settings.kibana.is_some().then(data_view));
    config_map(platform, LOGGING_SETUP, Component::Logging, files)
}

fn spec(platform: &Validated, settings: &Logging) -> JobSpec {
    let mut volumes = vec![
        pod::tmp(),
        pod::config_volume("setup", platform.child(LOGGING_SETUP)),
    ];
    volumes.extend(
        trusted(platform, settings)
            .into_iter()
            .map(|(server, secret)| certificates(server, &secret)),
    );
    job::spec(pod_template::template(
        platform,
        LOGGING_SETUP,
        Component::Logging,
        None,
        PodSpec {
            containers: vec![container(platform, settings)],
            volumes: Some(volumes),
            security_context: Some(elasticsearch::security()),
            service_account_name: Some(platform.child(LOGGING_SETUP)),
            ..Default::default()
        },
    ))
}

/// The servers with TLS, each with the Secret that holds the certificate to trust.
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
    // Elasticsearch's own image has a shell and curl, and its nodes have pulled it already.
    let image = settings.elasticsearch_image.clone().unwrap_or_else(|| {
        format!(
            "docker.elastic.co/elasticsearch/elasticsearch:{}",
            settings.version
        )
    });
    pod::container(
        platform,
        LOGGING_SETUP,
        &image,
        Container {
            command: Some(["bash", "/setup/setup.sh"].map(str::to_owned).into()),
            // The script's last words say whom Elasticsearch refuses.
            termination_message_policy: Some("FallbackToLogsOnError".to_owned()),
            env: Some(environment(platform, settings)),
            resources: Some(pod::fixed_resources("10m", "32Mi", "128Mi")),
            volume_mounts: Some(mounts),
            ..Default::default()
        },
    )
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
