//! `FoodDeliveryPlatform`: one resource that describes a whole platform.

#![expect(
    unreachable_pub,
    reason = "KubeSchema derives a copy of the type inside a function"
)]

use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    Auth, Cloud, DeletionPolicy, Drills, Extension, FoodDeliveryPlatformStatus, Image, Kafka, Logging, Mesh,
    Mongodb, Monitoring, Notifications, Payments, Postgres, RateLimit, SecretReference, Services, Target,
    fixed,
};

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
    validation = Rule::new("!has(self.gateway) || !has(self.gateway.tls) || (has(self.mesh) && has(self.mesh.provider) && self.mesh.provider == 'Istio')")
        .message("gateway.tls needs mesh.provider: Istio, whose ingress gateway ends TLS; without a mesh let a load balancer or an ingress do it"),
    validation = Rule::new(CUSTOMERS_COME_BACK)
        .message("payments.provider: Stripe needs gateway.publicUrl, an address by https to which customers come back from Stripe; with gateway.hosts and gateway.tls the first host is that address"),
    validation = Rule::new(CANARIES_NEED_A_MESH)
        .message("a canary needs mesh.provider: Istio, which shares requests out by weight"),
    validation = Rule::new("!has(self.target) || self.target != 'eks' || (has(self.cloud) && has(self.cloud.aws) && has(self.cloud.aws.eks))")
        .message("target: eks needs cloud.aws.eks, which makes the cluster"),
    validation = Rule::new("!has(self.target) || self.target != 'eks' || !has(self.cloud) || !has(self.cloud.aws) || !has(self.cloud.aws.codeBuild) || has(self.cloud.aws.codeBuild.cluster)")
        .message("cloud.aws.codeBuild.cluster has to name the cluster in Amazon EKS that this resource is in, because with target: eks that is another one than cloud.aws.eks makes"),
    validation = Rule::new(fixed::TARGET)
        .message("target cannot be changed, because the data would stay in the other cluster: make a platform of another name there"),
    validation = Rule::new(fixed::KAFKA_BROKERS)
        .message("kafka.brokers cannot be changed while the operator runs Kafka: its topics and its quorum would not follow"),
    validation = Rule::new(fixed::KAFKA_SIZE)
        .message("kafka.storage.size cannot be changed while the operator runs it: its volumes keep their size"),
    validation = Rule::new(fixed::KAFKA_CLASS)
        .message("kafka.storage.storageClass cannot be changed while the operator runs it: its volumes keep their class"),
    validation = Rule::new(fixed::POSTGRES_SIZE)
        .message("postgres.storage.size cannot be changed while the operator runs it: its volumes keep their size"),
    validation = Rule::new(fixed::POSTGRES_CLASS)
        .message("postgres.storage.storageClass cannot be changed while the operator runs it: its volumes keep their class"),
    validation = Rule::new(fixed::MONGODB_SIZE)
        .message("mongodb.storage.size cannot be changed while the operator runs it: its volumes keep their size"),
    validation = Rule::new(fixed::MONGODB_CLASS)
        .message("mongodb.storage.storageClass cannot be changed while the operator runs it: its volumes keep their class"),
    validation = Rule::new(fixed::ELASTICSEARCH_SIZE)
        .message("logging.elasticsearch.storage.size cannot be changed while the operator runs it: its volumes keep their size"),
    validation = Rule::new(fixed::ELASTICSEARCH_CLASS)
        .message("logging.elasticsearch.storage.storageClass cannot be changed while the operator runs it: its volumes keep their class"),
    validation = Rule::new(fixed::PROMETHEUS_SIZE)
        .message("monitoring.prometheus.storage.size cannot be changed while the operator runs it: its volumes keep their size"),
    validation = Rule::new(fixed::PROMETHEUS_CLASS)
        .message("monitoring.prometheus.storage.storageClass cannot be changed while the operator runs it: its volumes keep their class")
)]
pub struct FoodDeliveryPlatformSpec {
    /// In which cluster the platform runs (default: in-cluster, beside this resource). With eks, in the cluster that
    /// `cloud.aws.eks` makes, in the namespace of this resource's; the operator goes there with the rights that it has at
    /// AWS. It cannot be changed: data would stay where they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<Target>,

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

    /// Istio: how requests travel between the services, and from outside to the gateway.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mesh: Option<Mesh>,

    /// Where the logs of all pods go: Elasticsearch, Fluentd and Kibana.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logging: Option<Logging>,

    /// Who reads the metrics: Prometheus, with dashboards and alerts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub monitoring: Option<Monitoring>,

    /// Further services, which the operator runs without knowing what they are for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 20), extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["name"]))]
    pub extensions: Vec<Extension>,

    /// Messages to customers, beyond the platform's own pages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notifications: Option<Notifications>,

    /// Who takes the customers' money.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payments: Option<Payments>,

    /// What the platform has at a cloud provider, outside every cluster.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cloud: Option<Cloud>,

    /// Actors that play a person, for demonstrations and tests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub demo: Option<Demo>,

    /// Whether `ResilienceDrill`s of this namespace may hurt the platform (default: Forbidden). With Allowed, pay has a port of
    /// its own that makes it slow or fail, which only drills reach.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drills: Option<Drills>,

    /// Stops the operator from changing anything. The status goes on telling what is, and what is pending.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suspend: Option<bool>,

    /// What happens to the volumes when the platform is deleted: Retain (default) keeps them, Delete removes them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deletion_policy: Option<DeletionPolicy>,
}

const CUSTOMERS_COME_BACK: &str = "!has(self.payments) || !has(self.payments.provider) || self.payments.provider != 'Stripe' || (has(self.gateway) && (has(self.gateway.publicUrl) || (has(self.gateway.tls) && has(self.gateway.hosts) && self.gateway.hosts.size() > 0)))";

const CANARIES_NEED_A_MESH: &str = "!has(self.services) || (has(self.mesh) && has(self.mesh.provider) && self.mesh.provider == 'Istio') || !((has(self.services.gateway) && has(self.services.gateway.canary)) || (has(self.services.order) && has(self.services.order.canary)) || (has(self.services.pay) && has(self.services.pay.canary)) || (has(self.services.store) && has(self.services.store.canary)) || (has(self.services.delivery) && has(self.services.delivery.canary)) || (has(self.services.inventory) && has(self.services.inventory.canary)) || (has(self.services.customer) && has(self.services.customer.canary)) || (has(self.services.marketing) && has(self.services.marketing.canary)) || (has(self.services.frontend) && has(self.services.frontend.canary)))";

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

    /// Where people's browsers reach the platform, where something in front of it decides that, such as a load balancer that
    /// ends TLS: `https://shop.example.com`. It is shown in `status.url`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(
        length(min = 9, max = 270),
        regex(pattern = r"^https://[A-Za-z0-9]([-.A-Za-z0-9]*[A-Za-z0-9])?(:[0-9]{1,5})?$")
    )]
    pub public_url: Option<String>,

    /// The certificate for `hosts`, with mesh.provider Istio.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls: Option<Tls>,

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

/// The certificate that people's browsers see.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Tls {
    /// A Secret of type `kubernetes.io/tls`. Istio reads it in the namespace of its ingress gateway.
    pub secret_ref: SecretReference,

    /// Whether plain HTTP is answered with a redirect to HTTPS (default: true).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redirect_http: Option<bool>,
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
