//! Names, labels and annotations of everything that the operator creates.

use std::collections::BTreeMap;

/// The field manager of server-side apply, and the value of the managed-by label.
pub const MANAGER: &str = "fdp-operator";
/// A second field manager, which owns `spec.replicas` while it passes from the operator to an autoscaler.
pub const REPLICAS_MANAGER: &str = "fdp-operator-replicas";
/// The field manager that keeps the value of fields that are left to others until they set one.
pub const UNMANAGED_MANAGER: &str = "fdp-operator-unmanaged";
/// The annotation with which whoever may change an object gives it to a platform; its value is the platform's name.
pub const ADOPT: &str = "fooddelivery.dev/adopt";
/// The annotation on an object with the paths of its fields that are left to others, separated by commas.
pub const UNMANAGED_FIELDS: &str = "fooddelivery.dev/unmanaged-fields";

/// Names the platform that an object belongs to.
pub const PLATFORM_LABEL: &str = "fooddelivery.dev/platform";
/// The manager of an object; the operator's watches select on it.
pub const MANAGED_BY_LABEL: &str = "app.kubernetes.io/managed-by";
/// The part of the platform that an object belongs to, such as `order`.
pub const NAME_LABEL: &str = "app.kubernetes.io/name";
/// What a part is for, such as `service`.
pub const COMPONENT_LABEL: &str = "app.kubernetes.io/component";
/// The platform's name again, under the recommended common label.
pub const INSTANCE_LABEL: &str = "app.kubernetes.io/instance";
/// On pods: the service that they are replicas of, whatever their version, such as `order`.
pub const SERVICE_LABEL: &str = "fooddelivery.dev/service";
/// On pods of services: `stable` or `canary`.
pub const TRACK_LABEL: &str = "fooddelivery.dev/track";
/// The track of the regular replicas.
pub const STABLE: &str = "stable";
/// The track of the one replica of a second version.
pub const CANARY: &str = "canary";

/// On pods: whether Istio injects a sidecar, regardless of their namespace.
pub const SIDECAR_LABEL: &str = "sidecar.istio.io/inject";
/// A hash of the planned object at its last apply.
pub const APPLIED_HASH: &str = "fooddelivery.dev/applied-hash";
/// On pod templates: a hash of the configuration that the pods read, so that a change restarts only those pods.
pub const CONFIG_HASH: &str = "fooddelivery.dev/config-hash";
/// On pod templates: a hash of the values that the pods read from Secrets that the platform names.
pub const SECRETS_HASH: &str = "fooddelivery.dev/secrets-hash";
/// On pod templates: the drill that replaces the pods.
pub const DRILLED_BY: &str = "fooddelivery.dev/drilled-by";
/// On drills: what `fdp drill run` has done itself, and what shows it.
pub const DRILL_PROOF: &str = "fooddelivery.dev/drill-proof";
/// On Deployments: what sets the number of replicas, `operator` or `autoscaler`.
pub const SCALED_BY: &str = "fooddelivery.dev/scaled-by";

/// The part for PostgreSQL.
pub const POSTGRES: &str = "postgres";
/// The part for Kafka.
pub const KAFKA: &str = "kafka";
/// The part with the web page for Kafka.
pub const KAFKA_UI: &str = "kafka-ui";
/// The part for MongoDB.
pub const MONGODB: &str = "mongodb";
/// The parts of the logging stack.
pub const ELASTICSEARCH: &str = "elasticsearch";
pub const FLUENTD: &str = "fluentd";
pub const KIBANA: &str = "kibana";
/// The part that configures Elasticsearch and Kibana for the logs.
pub const LOGGING_SETUP: &str = "logging-setup";
/// The parts of the managed monitoring.
pub const PROMETHEUS: &str = "prometheus";
pub const GRAFANA: &str = "grafana";
/// The part that creates databases, roles and topics.
pub const SETUP: &str = "setup";
/// The part that copies what a data store holds to the one that takes over.
pub const STORE_COPY: &str = "store-copy";
/// The part that puts load on the platform during a drill.
pub const DRILL: &str = "drill";
/// The part through which drills reach pay.
pub const PAY_DRILLS: &str = "pay-drills";
/// The part through which drills reach the managed Prometheus.
pub const PROMETHEUS_DRILLS: &str = "prometheus-drills";
/// The part through which drills read the gateway's metrics.
pub const GATEWAY_DRILLS: &str = "gateway-drills";
/// The part with which sidecars do wrong during a drill, and through which it asks them for their count.
pub const SIDECAR_DRILLS: &str = "sidecar-drills";
/// The part that owns all others in a remote cluster, where the platform's resource does not exist.
pub const ANCHOR: &str = "platform";
/// The Secret with one password per database.
pub const DATABASES: &str = "databases";

/// The purpose of a part, the value of the component label.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Component {
    Service,
    Broker,
    Database,
    Setup,
    Network,
    Mesh,
    Logging,
    Monitoring,
    Extension,
    Drill,
    Anchor,
}

impl Component {
    /// The label's value.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Service => "service",
            Self::Broker => "broker",
            Self::Database => "database",
            Self::Setup => "setup",
            Self::Network => "network",
            Self::Mesh => "mesh",
            Self::Logging => "logging",
            Self::Monitoring => "monitoring",
            Self::Extension => "extension",
            Self::Drill => "drill",
            Self::Anchor => "anchor",
        }
    }
}

/// The part name of a service's second version. Its pods must not have the service's own name, because the selectors of
/// the Deployment, autoscaler and disruption budget would include them.
pub fn canary(service: &str) -> String {
    format!("{service}-{CANARY}")
}

/// The part name of the Job that tries whether a service reaches what it calls. As with a canary, its pods must not have
/// the service's own name.
pub fn reach(service: &str) -> String {
    format!("{service}-reach")
}

/// The labels of an object of a platform.
pub fn labels(platform: &str, part: &str, component: Component) -> BTreeMap<String, String> {
    BTreeMap::from(
        [
            (NAME_LABEL, part),
            (INSTANCE_LABEL, platform),
            (COMPONENT_LABEL, component.as_str()),
            ("app.kubernetes.io/part-of", "food-delivery-platform"),
            (MANAGED_BY_LABEL, MANAGER),
            (PLATFORM_LABEL, platform),
        ]
        .map(|(key, value)| (key.to_owned(), value.to_owned())),
    )
}

/// The labels that select all pods of a service, those of a canary included.
pub fn service_selector(platform: &str, service: &str) -> BTreeMap<String, String> {
    BTreeMap::from(
        [(SERVICE_LABEL, service), (INSTANCE_LABEL, platform)]
            .map(|(key, value)| (key.to_owned(), value.to_owned())),
    )
}

/// The labels that select a part's pods. They are immutable in Deployments and `StatefulSets`, so never change them.
pub fn selector(platform: &str, part: &str) -> BTreeMap<String, String> {
    BTreeMap::from(
        [(NAME_LABEL, part), (INSTANCE_LABEL, platform)]
            .map(|(key, value)| (key.to_owned(), value.to_owned())),
    )
}
