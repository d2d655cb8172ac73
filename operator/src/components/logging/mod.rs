//! The logging stack: Elasticsearch, Fluentd and Kibana.

mod eck;
mod elasticsearch;
mod fluentd;
mod kibana;
mod pipeline;
mod setup;

use std::collections::BTreeMap;

use k8s_openapi::{
    ByteString,
    api::{
        core::v1::{Secret, SecretVolumeSource, Service as KubeService, ServicePort, ServiceSpec, Volume},
        networking::v1::{NetworkPolicyEgressRule, NetworkPolicyIngressRule},
    },
    apimachinery::pkg::{apis::meta::v1::ObjectMeta, util::intstr::IntOrString},
};

use crate::{
    components::postgres::secrets,
    kubernetes::{
        health,
        names::{self, Component, ELASTICSEARCH, FLUENTD, KIBANA, LOGGING_SETUP},
    },
    model::{
        apis::Family,
        health::Health,
        object::{Planned, Wave},
        observed::Observed,
    },
    plan::network,
    spec::{Logging, LoggingRunner, Validated},
};

/// The keys of the Secret `<platform>-elasticsearch`, beside that of the superuser's password.
pub const KIBANA_PASSWORD: &str = "kibana-password";
/// See [`KIBANA_PASSWORD`].
pub const KIBANA_KEY: &str = "kibana-key";
/// See [`KIBANA_PASSWORD`].
pub const FLUENTD_PASSWORD: &str = "fluentd-password";

const ELASTICSEARCH_PORT: u16 = 9200;
const KIBANA_PORT: u16 = 5601;

/// The field that asks for what the cluster may not have.
const FIELD: &str = "logging.provider";
/// Where pods find the certificates to trust, a folder for each server.
const CERTIFICATES: &str = "/etc/certificates";

/// Where a program of the stack is asked, and how.
struct Server {
    host: String,
    scheme: &'static str,
    /// The Secret with the certificate of those who vouch for it; none without TLS.
    certificates: Option<String>,
}

impl Server {
    fn url(&self, port: u16) -> String {
        format!("{}://{}:{port}", self.scheme, self.host)
    }
}

/// Everything that makes up the stack, if it is asked for and the cluster has what that needs.
pub fn objects(platform: &Validated, observed: &Observed) -> Vec<Planned> {
    let Some(settings) = &platform.logging else {
        return Vec::new();
    };
    if is_absent(settings, observed) {
        return Vec::new();
    }
    let mut objects = vec![secret(platform, settings, observed)];
    match settings.runner {
        LoggingRunner::Operator => {
            objects.extend(elasticsearch::objects(platform, settings));
            objects.extend(kibana::objects(platform, settings, observed));
        }
        LoggingRunner::Eck => objects.extend(eck::objects(platform, settings)),
    }
    objects.extend(setup::objects(platform, settings, observed));
    objects.extend(fluentd::objects(platform, settings, observed));
    objects.extend(policies(platform, settings));
    objects
}

/// How the stack is doing; `None` if nobody asked for it.
pub fn health(platform: &Validated, observed: &Observed) -> Option<Vec<Health>> {
    let settings = platform.logging.as_ref()?;
    if is_absent(settings, observed) {
        return Some(vec![health::absent(Family::Eck, &observed.apis, FIELD)]);
    }
    let mut health = match settings.runner {
        LoggingRunner::Operator => {
            let mut health = vec![elasticsearch::health(platform, observed)];
            health.extend(kibana::health(platform, settings, observed));
            health
        }
        LoggingRunner::Eck => eck::health(platform, settings, observed),
    };
    health.push(setup::health(platform, settings, observed));
    health.extend(fluentd::health(platform, settings, observed));
    Some(health)
}

fn is_absent(settings: &Logging, observed: &Observed) -> bool {
    settings.runner == LoggingRunner::Eck && !observed.apis.have(Family::Eck)
}

/// The names of the platform's indices begin with this, and its index template, policy and role are called so.
fn index(platform: &Validated) -> String {
    format!("fluent-{}", platform.name)
}

/// Where Elasticsearch is.
fn elasticsearch_server(platform: &Validated, settings: &Logging) -> Server {
    match settings.runner {
        LoggingRunner::Operator => Server {
            host: platform.child(ELASTICSEARCH),
            // Certificates are ECK's business: who wants encrypted ways changes one word.
            scheme: "http",
            certificates: None,
        },
        LoggingRunner::Eck => eck::elasticsearch(platform),
    }
}

/// Where Kibana is, if it runs.
fn kibana_server(platform: &Validated, settings: &Logging) -> Option<Server> {
    settings.kibana.as_ref()?;
    Some(match settings.runner {
        LoggingRunner::Operator => Server {
            host: platform.child(KIBANA),
            scheme: "http",
            certificates: None,
        },
        LoggingRunner::Eck => eck::kibana(platform),
    })
}

/// The Secret and the key in which the superuser's password stands.
fn superuser(platform: &Validated, settings: &Logging) -> (String, &'static str) {
    match settings.runner {
        LoggingRunner::Operator => (platform.child(ELASTICSEARCH), secrets::PASSWORD),
        LoggingRunner::Eck => eck::superuser(platform),
    }
}

fn secret(platform: &Validated, settings: &Logging, observed: &Observed) -> Planned {
    let credentials = &observed.credentials;
    let mut values = BTreeMap::from([(FLUENTD_PASSWORD, &credentials.fluentd)]);
    // With ECK these are ECK's.
    if settings.runner == LoggingRunner::Operator {
        values.insert(secrets::PASSWORD, &credentials.elasticsearch);
        values.insert(KIBANA_PASSWORD, &credentials.kibana);
        values.insert(KIBANA_KEY, &credentials.kibana_key);
    }
    let secret = Secret {
        metadata: metadata(platform, ELASTICSEARCH),
        type_: Some("Opaque".to_owned()),
        data: Some(
            values
                .into_iter()
                .map(|(key, value)| (key.to_owned(), ByteString(value.clone().into_bytes())))
                .collect(),
        ),
        ..Default::default()
    };
    Planned::new(Wave::Configuration, &secret).generated()
}

/// Who may talk to whom. Of ECK's pods, which bear none of our labels, nothing is denied.
fn policies(platform: &Validated, settings: &Logging) -> Vec<Planned> {
    let managed = settings.runner == LoggingRunner::Operator;
    let mut policies = Vec::new();
    let mut policy = |part: &str, ingress: Option<(&[&str], u16)>, egress: Vec<NetworkPolicyEgressRule>| {
        let ingress = ingress.map(|(from, port)| NetworkPolicyIngressRule {
            from: Some(from.iter().map(|from| network::part(platform, from)).collect()),
            ports: Some(vec![network::port(port, "TCP")]),
        });
        policies.push(network::policy(
            platform,
            part,
            Component::Logging,
            ingress.into_iter().collect(),
            egress,
        ));
    };
    let out = || {
        if managed {
            network::inside(platform)
        } else {
            eck::egress(platform)
        }
    };
    if managed {
        policy(
            ELASTICSEARCH,
            Some((&[FLUENTD, KIBANA, LOGGING_SETUP], ELASTICSEARCH_PORT)),
            Vec::new(),
        );
        if settings.kibana.is_some() {
            // People reach it with kubectl port-forward, which comes from the node.
            policy(KIBANA, Some((&[LOGGING_SETUP], KIBANA_PORT)), out());
        }
    }
    policy(LOGGING_SETUP, None, out());
    if settings.fluentd_image.is_some() {
        policy(FLUENTD, None, out());
    }
    policies
}

fn metadata(platform: &Validated, part: &str) -> ObjectMeta {
    ObjectMeta {
        name: Some(platform.child(part)),
        labels: Some(labels(platform, part)),
        ..Default::default()
    }
}

fn labels(platform: &Validated, part: &str) -> BTreeMap<String, String> {
    names::labels(&platform.name, part, Component::Logging)
}

/// The certificate to trust of a server, out of a Secret of ECK's.
fn certificates(server: &str, secret: &str) -> Volume {
    Volume {
        name: format!("{server}-certificates"),
        secret: Some(SecretVolumeSource {
            secret_name: Some(secret.to_owned()),
            items: Some(vec![crate::kubernetes::pod::item("ca.crt")]),
            ..Default::default()
        }),
        ..Default::default()
    }
}

/// The Service of a program that answers on one port of its own name.
fn service(platform: &Validated, part: &str, listens: u16) -> KubeService {
    KubeService {
        metadata: metadata(platform, part),
        spec: Some(ServiceSpec {
            type_: Some("ClusterIP".to_owned()),
            selector: Some(names::selector(&platform.name, part)),
            ports: Some(vec![ServicePort {
                name: Some(part.to_owned()),
                port: i32::from(listens),
                target_port: Some(IntOrString::String(part.to_owned())),
                protocol: Some("TCP".to_owned()),
                ..Default::default()
            }]),
            ..Default::default()
        }),
        ..Default::default()
    }
}
