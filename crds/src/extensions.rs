//! Services that the operator has never heard of, run beside the others.

#![expect(
    unreachable_pub,
    reason = "KubeSchema derives a copy of the type inside a function"
)]

use kube::KubeSchema;
use serde::{Deserialize, Serialize};

use crate::{Autoscaling, EnvVar, Probes, Resources, rules};

/// The first parts of the paths that the platform itself answers.
pub const BUILT_IN_ROUTES: [&str; 15] = [
    "orders",
    "payments",
    "stores",
    "deliveries",
    "inventories",
    "notifications",
    "recommendations",
    "views",
    "shop",
    "assets",
    "demo",
    "healthz",
    "readyz",
    "metrics",
    "actuator",
];

/// A service that the operator has never heard of. Its pods get `PORT`, `PLATFORM`, `POD_NAME` and `LOG_LEVEL`, the
/// addresses of Kafka in `KAFKA_BROKERS`, the topics in `KAFKA_TOPICS` and the name of its consumer group in `KAFKA_GROUP`
/// if it subscribes to events (with the prefix in `KAFKA_PREFIX`, if names have one), and have to answer `/healthz` and
/// `/readyz` unless `probes` says otherwise. They run as user 65532, write to `/tmp` only, and reach nothing outside the
/// platform. Taking it out of the list removes it without a trace.
#[derive(KubeSchema, Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[x_kube(
    validation = Rule::new("!(has(self.replicas) && has(self.autoscaling))")
        .message("give either replicas or autoscaling, not both: the autoscaler decides the number of replicas"),
    validation = Rule::new("!self.name.matches('^(gateway|order|pay|store|delivery|inventory|customer|marketing|frontend)(-canary)?$') && !self.name.matches('^(kafka|postgres|mongodb|setup|databases|default-deny|elasticsearch|fluentd|kibana|prometheus|grafana)(-.*)?$')")
        .message("extensions[].name is taken by a part of the platform itself; choose another one"),
    validation = Rule::new("!has(self.route) || !self.route.matches('^/(orders|payments|stores|deliveries|inventories|notifications|recommendations|views|shop|assets|demo|healthz|readyz|metrics|actuator)(/|$)')")
        .message("extensions[].route would hide a path of the platform itself; choose another one")
)]
pub struct Extension {
    /// Its name, which its objects carry after the platform's.
    #[schemars(length(min = 1, max = 20), regex(pattern = r"^[a-z]([-a-z0-9]*[a-z0-9])?$"))]
    pub name: String,

    /// Its image, with registry and tag.
    #[schemars(length(min = 1, max = 300), extend("x-kubernetes-validations" = rules::image()))]
    pub image: String,

    /// The port that it listens on for HTTP.
    #[schemars(range(min = 1, max = 65535))]
    pub port: i32,

    /// The path, such as `/coupons`, below which the gateway passes requests on to it, the whole path with them; where
    /// several fit, the longest counts. People have to be signed in, in whatever role. Unset, nobody reaches it through
    /// the gateway.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 100), regex(pattern = r"^(/[a-z0-9]([-a-z0-9]*[a-z0-9])?)+$"))]
    pub route: Option<String>,

    /// The services whose events it reads, such as `order`; it joins with a consumer group of its own name. Order, pay,
    /// store, delivery and inventory publish events.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(
        length(max = 20),
        inner(length(min = 1, max = 60), regex(pattern = r"^[a-z]([-a-z0-9]*[a-z0-9])?$")),
        extend("x-kubernetes-list-type" = "set")
    )]
    pub subscribes: Vec<String>,

    /// A fixed number of replicas (default: 1).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 100))]
    pub replicas: Option<i32>,

    /// Lets the number of replicas follow the load.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub autoscaling: Option<Autoscaling>,

    /// CPU and memory of each replica.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resources: Option<Resources>,

    /// How its pods are asked whether they are well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub probes: Option<Probes>,

    /// Environment variables.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 50), extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["name"]))]
    pub env: Vec<EnvVar>,
}
