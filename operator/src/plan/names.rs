//! Names, labels and annotations of everything the operator makes.

use std::collections::BTreeMap;

/// Who writes: the field manager of server-side apply, and the value of the managed-by label.
pub const MANAGER: &str = "fdp-operator";
/// A second field manager, which holds `spec.replicas` while it passes from the operator to an autoscaler.
pub const REPLICAS_MANAGER: &str = "fdp-operator-replicas";

/// Names the platform that an object belongs to.
pub const PLATFORM_LABEL: &str = "fooddelivery.dev/platform";
/// Says who made an object; the operator's watches select on it.
pub const MANAGED_BY_LABEL: &str = "app.kubernetes.io/managed-by";
/// The part of the platform that an object belongs to, such as `order`.
pub const NAME_LABEL: &str = "app.kubernetes.io/name";
const INSTANCE_LABEL: &str = "app.kubernetes.io/instance";

/// A hash of the object as it was planned when it was last applied.
pub const APPLIED_HASH: &str = "fooddelivery.dev/applied-hash";
/// On pod templates: a hash of the configuration that the pods read, so that a change rolls exactly them.
pub const CONFIG_HASH: &str = "fooddelivery.dev/config-hash";
/// On Deployments: who decides the number of replicas, `operator` or `autoscaler`.
pub const SCALED_BY: &str = "fooddelivery.dev/scaled-by";

/// The part that is PostgreSQL.
pub const POSTGRES: &str = "postgres";
/// The part that is Kafka.
pub const KAFKA: &str = "kafka";
/// The part that makes databases, roles and topics.
pub const SETUP: &str = "setup";
/// The Secret with one password per database.
pub const DATABASES: &str = "databases";

/// What a part is for, as the component label says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Component {
    Service,
    Broker,
    Database,
    Setup,
    Network,
}

impl Component {
    fn as_str(self) -> &'static str {
        match self {
            Self::Service => "service",
            Self::Broker => "broker",
            Self::Database => "database",
            Self::Setup => "setup",
            Self::Network => "network",
        }
    }
}

/// The name of a platform's child object.
pub fn child(platform: &str, part: &str) -> String {
    format!("{platform}-{part}")
}

/// The labels of an object of a platform.
pub fn labels(platform: &str, part: &str, component: Component) -> BTreeMap<String, String> {
    BTreeMap::from(
        [
            (NAME_LABEL, part),
            (INSTANCE_LABEL, platform),
            ("app.kubernetes.io/component", component.as_str()),
            ("app.kubernetes.io/part-of", "food-delivery-platform"),
            (MANAGED_BY_LABEL, MANAGER),
            (PLATFORM_LABEL, platform),
        ]
        .map(|(key, value)| (key.to_owned(), value.to_owned())),
    )
}

/// The labels that select a part's pods. Immutable in Deployments and `StatefulSets`, so: never change them.
pub fn selector(platform: &str, part: &str) -> BTreeMap<String, String> {
    BTreeMap::from(
        [(NAME_LABEL, part), (INSTANCE_LABEL, platform)]
            .map(|(key, value)| (key.to_owned(), value.to_owned())),
    )
}
