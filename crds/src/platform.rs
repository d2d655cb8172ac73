//! `FoodDeliveryPlatform`: one resource that describes a whole platform.

#![expect(
    unreachable_pub,
    reason = "KubeSchema derives a copy of the type inside a function"
)]

use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Auth, FoodDeliveryPlatformStatus, Mongodb, Notifications, RateLimit, Services, Storage};

/// What the platform should be. Everything has a sensible default: `spec: {}` is a working platform.
#[derive(CustomResource, KubeSchema, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[kube(
    group = "fooddelivery.dev",
    version = "v1alpha1",
    kind = "FoodDeliveryPlatform",
    plural = "fooddeliveryplatforms",
    shortname = "fdp",
    category = "all",
    namespaced,
    status = "FoodDeliveryPlatformStatus",
    derive = "PartialEq",
    doc = "A food delivery platform: its services, its Kafka and its databases, run and kept that way by the operator.",
    printcolumn(
        name = "Ready",
        type_ = "string",
        description = "Whether the whole platform is up as described.",
        json_path = r#".status.conditions[?(@.type=="Ready")].status"#
    ),
    printcolumn(
        name = "Reason",
        type_ = "string",
        description = "Why it is, or is not, ready.",
        json_path = r#".status.conditions[?(@.type=="Ready")].reason"#
    ),
    printcolumn(
        name = "Version",
        type_ = "string",
        description = "The version that all services run.",
        json_path = ".status.version"
    ),
    printcolumn(
        name = "Address",
        type_ = "string",
        description = "Where to open the platform.",
        json_path = ".status.url"
    ),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp"),
    printcolumn(
        name = "Message",
        type_ = "string",
        priority = 1,
        description = "What is missing, naming the object.",
        json_path = r#".status.conditions[?(@.type=="Ready")].message"#
    ),
    validation = Rule::new("self.metadata.name.size() <= 40 && self.metadata.name.matches('^[a-z]([-a-z0-9]*[a-z0-9])?$')")
        .message("metadata.name must start with a letter, hold only a-z, 0-9 and '-', and have at most 40 characters, because the names of all parts start with it")
)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[x_kube(
    validation = Rule::new(STORAGE_SIZE_OF_KAFKA_IS_FIXED)
        .message("kafka.storage.size cannot be changed after the platform was created"),
    validation = Rule::new(STORAGE_CLASS_OF_KAFKA_IS_FIXED)
        .message("kafka.storage.storageClass cannot be changed after the platform was created"),
    validation = Rule::new(STORAGE_SIZE_OF_POSTGRES_IS_FIXED)
        .message("postgres.storage.size cannot be changed after the platform was created"),
    validation = Rule::new(STORAGE_CLASS_OF_POSTGRES_IS_FIXED)
        .message("postgres.storage.storageClass cannot be changed after the platform was created")
)]
pub struct FoodDeliveryPlatformSpec {
    /// Where the images of the services come from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<Image>,

    /// Settings per service. What is unset gets a default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub services: Option<Services>,

    /// The way into the platform.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gateway: Option<Gateway>,

    /// The message broker.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kafka: Option<Kafka>,

    /// The relational database of the services.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub postgres: Option<Postgres>,

    /// The document database of the order service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mongodb: Option<Mongodb>,

    /// Messages to customers, beyond the platform's own pages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notifications: Option<Notifications>,

    /// Actors that play a person, for demonstrations and tests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub demo: Option<Demo>,

    /// Stops the operator from changing anything. The status goes on telling what is, and what is pending.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suspend: Option<bool>,

    /// What happens to the volumes when the platform is deleted: Retain (default) keeps them, Delete removes them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deletion_policy: Option<DeletionPolicy>,
}

const STORAGE_SIZE_OF_KAFKA_IS_FIXED: &str = "(has(self.kafka) && has(self.kafka.storage) && has(self.kafka.storage.size) ? self.kafka.storage.size : '2Gi') == (has(oldSelf.kafka) && has(oldSelf.kafka.storage) && has(oldSelf.kafka.storage.size) ? oldSelf.kafka.storage.size : '2Gi')";
const STORAGE_CLASS_OF_KAFKA_IS_FIXED: &str = "(has(self.kafka) && has(self.kafka.storage) && has(self.kafka.storage.storageClass) ? self.kafka.storage.storageClass : '') == (has(oldSelf.kafka) && has(oldSelf.kafka.storage) && has(oldSelf.kafka.storage.storageClass) ? oldSelf.kafka.storage.storageClass : '')";
const STORAGE_SIZE_OF_POSTGRES_IS_FIXED: &str = "(has(self.postgres) && has(self.postgres.storage) && has(self.postgres.storage.size) ? self.postgres.storage.size : '2Gi') == (has(oldSelf.postgres) && has(oldSelf.postgres.storage) && has(oldSelf.postgres.storage.size) ? oldSelf.postgres.storage.size : '2Gi')";
const STORAGE_CLASS_OF_POSTGRES_IS_FIXED: &str = "(has(self.postgres) && has(self.postgres.storage) && has(self.postgres.storage.storageClass) ? self.postgres.storage.storageClass : '') == (has(oldSelf.postgres) && has(oldSelf.postgres.storage) && has(oldSelf.postgres.storage.storageClass) ? oldSelf.postgres.storage.storageClass : '')";

/// Where the images of the services come from: `<registry>/<service>:<tag>`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Image {
    /// Registry and path before the image's name, such as `registry.example.com/food-delivery`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(
        length(min = 1, max = 200),
        regex(pattern = r"^[a-z0-9]([-._a-z0-9:/]*[a-z0-9])?$")
    )]
    pub registry: Option<String>,

    /// Tag of all services' images. The default is the version that the operator was installed with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 128), regex(pattern = r"^[A-Za-z0-9_][-.A-Za-z0-9_]*$"))]
    pub tag: Option<String>,

    /// When nodes pull the images (default: `IfNotPresent`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pull_policy: Option<PullPolicy>,

    /// Secrets in the platform's namespace that hold the registry's credentials.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 10), extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["name"]))]
    pub pull_secrets: Vec<PullSecret>,
}

/// A Secret of type `kubernetes.io/dockerconfigjson`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PullSecret {
    /// The Secret's name.
    #[schemars(length(min = 1, max = 253))]
    pub name: String,
}

/// When nodes pull an image.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum PullPolicy {
    Always,
    #[default]
    IfNotPresent,
    Never,
}

impl PullPolicy {
    /// The word Kubernetes uses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Always => "Always",
            Self::IfNotPresent => "IfNotPresent",
            Self::Never => "Never",
        }
    }
}

/// The way into the platform.
#[derive(KubeSchema, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[x_kube(
    validation = Rule::new("!has(self.nodePort) || (has(self.exposure) && self.exposure == 'NodePort')")
        .message("gateway.nodePort needs gateway.exposure: NodePort")
)]
pub struct Gateway {
    /// How the gateway is reached from outside the cluster (default: ClusterIP, which is not at all). With NodePort,
    /// nodes answer on which the gateway runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exposure: Option<Exposure>,

    /// The port on every node, with exposure NodePort. Kubernetes picks one if unset.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 30000, max = 32767))]
    pub node_port: Option<i32>,

    /// Host names or addresses under which people reach the platform; the first is used in `status.url`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(
        length(max = 20),
        inner(length(min = 1, max = 253), regex(pattern = r"^[A-Za-z0-9]([-.A-Za-z0-9]*[A-Za-z0-9])?$")),
        extend("x-kubernetes-list-type" = "atomic")
    )]
    pub hosts: Vec<String>,

    /// Who vouches for the people who use the platform.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auth: Option<Auth>,

    /// How often one client may ask, counted by each replica of the gateway for itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate_limit: Option<RateLimit>,

    /// Whether `X-Forwarded-*` and `Forwarded` say where a request comes from (default: false, the connection does).
    /// True only if every request comes through a proxy that sets them, such as an ingress; otherwise clients write
    /// there what they like.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trust_forwarded: Option<bool>,
}

/// How the gateway is reached from outside the cluster.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Exposure {
    LoadBalancer,
    NodePort,
    #[default]
    ClusterIP,
}

impl Exposure {
    /// The Service type of the same name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::LoadBalancer => "LoadBalancer",
            Self::NodePort => "NodePort",
            Self::ClusterIP => "ClusterIP",
        }
    }
}

/// The message broker.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Kafka {
    /// Who runs it. Managed: the operator runs one broker with a volume.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<KafkaProvider>,

    /// Image of the managed broker; the official `apache/kafka:4` fits (default: `<registry>/kafka:4.3.1`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 300))]
    pub image: Option<String>,

    /// The managed broker's volume. Fixed once the platform exists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub storage: Option<Storage>,
}

/// Who runs Kafka.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum KafkaProvider {
    #[default]
    Managed,
}

/// The relational database of the services.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Postgres {
    /// Who runs it. Managed: the operator runs one server with a volume.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<PostgresProvider>,

    /// Image of the managed server; the official `postgres:15` fits (default: `<registry>/postgres:15`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 300))]
    pub image: Option<String>,

    /// The managed server's volume. Fixed once the platform exists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub storage: Option<Storage>,
}

/// Who runs PostgreSQL.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum PostgresProvider {
    #[default]
    Managed,
}

/// Actors that play a person, for demonstrations and tests.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Demo {
    /// The store accepts and cooks every order by itself (default: false).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub store: Option<bool>,

    /// The rider delivers every order by itself (default: false).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rider: Option<bool>,
}

/// What happens to the volumes when the platform is deleted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum DeletionPolicy {
    #[default]
    Retain,
    Delete,
}

impl DeletionPolicy {
    /// The word that a StatefulSet's claim retention policy uses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Retain => "Retain",
            Self::Delete => "Delete",
        }
    }
}
