//! The resolved specification of a platform: validated, with every default filled in. All other layers read this form.

pub mod canonical;
mod cloud;
mod data_stores;
mod extensions;
pub mod fitting;
mod logging;
mod mesh;
mod monitoring;
pub mod owner;
mod payments;
mod places;
pub mod quantity;
mod services;
mod shared;
mod stores;
#[cfg(test)]
mod tests;

use std::{collections::BTreeSet, fmt};

use fdp_crds::{
    Auth, DeletionPolicy, Drills, Exposure, FoodDeliveryPlatform, Gateway, Image, PullPolicy, RateLimit,
    Target, Tls,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;

pub use cloud::{Aws, CodeBuild, Ecr, Eks, NodeGroup, Variable, aws};
pub use data_stores::{CloudNativePg, DataStore, Kafka, Mongodb, Postgres, Strimzi};
pub use extensions::ExtensionSettings;
pub use logging::{Logging, LoggingRunner};
pub use mesh::{Mesh, ingress_selector};
pub use monitoring::{Monitoring, MonitoringRunner};
pub use services::{Amounts, Scaling, ServiceSettings};
pub use shared::{Shared, former_kafka_prefix, former_postgres_prefix};
pub use stores::{CHANGE_STORE, Place, Store};

use crate::settings::{ReferencedSecrets, Settings};

/// The name of a platform's child object.
pub fn child_name(platform: &str, part: &str) -> String {
    format!("{platform}-{part}")
}

/// A platform whose specification is valid, with every default filled in.
#[derive(Clone, Debug, PartialEq)]
pub struct Validated {
    pub name: String,
    pub namespace: String,
    /// The owner of the platform's objects. When it is deleted, Kubernetes deletes the objects too. It is the
    /// platform's resource or, in a remote cluster, its anchor. `None` while there is none.
    pub owner: Option<OwnerReference>,
    /// The cluster that holds the objects.
    pub target: Target,
    pub registry: String,
    pub tag: String,
    pub pull_policy: PullPolicy,
    pub pull_secrets: Vec<String>,
    /// Which Secrets the platform may name.
    pub referenced_secrets: ReferencedSecrets,
    /// The services that are switched on.
    pub services: Vec<ServiceSettings>,
    pub exposure: Exposure,
    pub node_port: Option<i32>,
    pub hosts: Vec<String>,
    pub auth: Auth,
    pub rate_limit: RateLimit,
    /// Whether to trust the client address that a proxy in front of the gateway forwards; `None` is the gateway's default.
    pub trust_forwarded: Option<bool>,
    /// The Secret with the keys of the Kakao app, if notifications are sent through one.
    pub kakao_secret: Option<String>,
    /// How customers pay at a provider; `None` with the ledger.
    pub payments: Option<payments::Payments>,
    /// Where people's browsers reach the platform, if something in front of it decides that.
    pub public_url: Option<String>,
    pub kafka: Kafka,
    /// Image of the web page that shows the contents of Kafka, if it runs.
    pub kafka_ui: Option<String>,
    pub postgres: Postgres,
    pub mongodb: Mongodb,
    /// Istio, if the platform uses it.
    pub mesh: Option<Mesh>,
    /// The TLS certificate for the hosts; only with a mesh.
    pub tls: Option<Tls>,
    pub logging: Option<Logging>,
    pub monitoring: Option<Monitoring>,
    /// Third-party services.
    pub extensions: Vec<ExtensionSettings>,
    /// The AWS settings, if there are any.
    pub aws: Option<Aws>,
    pub store_acts: bool,
    pub rider_acts: bool,
    pub suspend: bool,
    /// Whether drills may hurt it.
    pub allows_drills: bool,
    pub deletion_policy: DeletionPolicy,
    /// The changes of data stores that have their second word, such as `postgres=External/rds`.
    pub confirmed_changes: Vec<String>,
}

/// A specification that matches the schema but is invalid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidSpec(pub Vec<String>);

impl fmt::Display for InvalidSpec {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0.join("; "))
    }
}

impl std::error::Error for InvalidSpec {}

impl Validated {
    /// Leaves the replicas of these Deployments to the autoscalers that others made for them.
    #[must_use]
    pub fn scaled_by_others(mut self, deployments: &BTreeSet<String>) -> Self {
        if deployments.is_empty() {
            return self;
        }
        let of_others = |part: &str| deployments.contains(&child_name(&self.name, part));
        for settings in &mut self.services {
            if of_others(settings.service.name()) {
                settings.scaling = Scaling::ByOthers;
            }
        }
        for extension in &mut self.extensions {
            if of_others(&extension.name) {
                extension.scaling = Scaling::ByOthers;
            }
        }
        self
    }

    /// Validates a platform and fills in the missing settings.
    ///
    /// The error names every invalid field, not only the first.
    pub fn new(platform: &FoodDeliveryPlatform, settings: &Settings) -> Result<Self, InvalidSpec> {
        let spec = platform.spec.clone();
        let image: Image = spec.image.unwrap_or_default();
        let gateway: Gateway = spec.gateway.unwrap_or_default();
        let demo = spec.demo.unwrap_or_default();
        let registry = image.registry.unwrap_or_else(|| settings.image_registry.clone());

        let annotation = |name: &str| platform.metadata.annotations.as_ref()?.get(name);

        let name = platform.metadata.name.clone().unwrap_or_default();
        let namespace = platform.metadata.namespace.clone();
        let namespace = namespace.unwrap_or_else(|| "default".to_owned());
        let topics = shared::kafka_prefix(&namespace, &name);
        let databases = shared::postgres_prefix(&namespace, &name);
        let mut problems = Vec::new();
        let services = services::service_settings(&spec.services.unwrap_or_default(), &mut problems);
        let kafka = spec.kafka.unwrap_or_default();
        let payments = payments::payments(spec.payments.unwrap_or_default(), &gateway);
        let extensions = extensions::extensions(spec.extensions, &mut problems);
        if !problems.is_empty() {
            return Err(InvalidSpec(problems));
        }
        Ok(Self {
            name,
            namespace,
            owner: match spec.target.unwrap_or_default() {
                Target::InCluster => crate::spec::owner::resource(platform),
                Target::Eks => None,
            },
            target: spec.target.unwrap_or_default(),
            tag: image.tag.unwrap_or_else(|| settings.image_tag.clone()),
            pull_policy: image.pull_policy.unwrap_or_default(),
            pull_secrets: image.pull_secrets.into_iter().map(|secret| secret.name).collect(),
            referenced_secrets: settings.referenced_secrets,
            services,
            exposure: gateway.exposure.unwrap_or_default(),
            node_port: gateway.node_port,
            hosts: gateway.hosts,
            auth: gateway.auth.unwrap_or_default(),
            rate_limit: gateway.rate_limit.unwrap_or_default(),
            trust_forwarded: gateway.trust_forwarded,
            kakao_secret: spec
                .notifications
                .and_then(|notifications| notifications.kakao)
                .map(|kakao| kakao.secret_ref.name),
            payments,
            public_url: gateway.public_url,
            kafka_ui: data_stores::kafka_ui(&kafka),
            kafka: data_stores::kafka(kafka, &registry, &topics),
            postgres: data_stores::postgres(spec.postgres.unwrap_or_default(), &registry, &databases),
            mongodb: data_stores::mongodb(spec.mongodb.unwrap_or_default()),
            mesh: mesh::mesh(spec.mesh.unwrap_or_default()),
            tls: gateway.tls,
            logging: logging::logging(spec.logging.unwrap_or_default(), settings),
            monitoring: monitoring::monitoring(spec.monitoring.unwrap_or_default()),
            extensions,
            aws: cloud::aws(platform),
            registry,
            store_acts: demo.store.unwrap_or(false),
            rider_acts: demo.rider.unwrap_or(false),
            suspend: spec.suspend.unwrap_or(false),
            allows_drills: spec.drills == Some(Drills::Allowed),
            deletion_policy: spec.deletion_policy.unwrap_or_default(),
            confirmed_changes: stores::confirmed(annotation(CHANGE_STORE)),
        })
    }

    /// The name of a child object.
    pub fn child(&self, part: &str) -> String {
        child_name(&self.name, part)
    }

    /// The extensions that read events. Their consumer groups have their names.
    pub fn subscribers(&self) -> impl Iterator<Item = &ExtensionSettings> {
        let extensions = self.extensions.iter();
        extensions.filter(|extension| !extension.subscribes.is_empty())
    }

    /// The image of one of our own programs.
    pub fn image(&self, program: &str) -> String {
        self.image_of_tag(program, &self.tag)
    }

    /// The image of one of our own programs, in that version.
    pub fn image_of_tag(&self, program: &str, tag: &str) -> String {
        format!("{}/{program}:{tag}", self.registry)
    }

    /// The image of a service.
    pub fn service_image(&self, settings: &ServiceSettings) -> String {
        settings
            .image
            .clone()
            .unwrap_or_else(|| self.image(settings.service.name()))
    }
}
