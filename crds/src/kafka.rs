//! The message broker, and who runs it.

#![expect(
    unreachable_pub,
    reason = "KubeSchema derives a copy of the type inside a function"
)]

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{SecretReference, Storage, rules};

/// The message broker.
#[derive(KubeSchema, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[x_kube(
    validation = Rule::new("(has(self.provider) && self.provider == 'External') == has(self.secretRef)")
        .message("kafka.provider: External and kafka.secretRef need each other"),
    validation = Rule::new("!has(self.provider) || self.provider != 'External' || !(has(self.brokers) || has(self.storage) || has(self.image))")
        .message("kafka.brokers, storage and image are for a Kafka that runs in the cluster; with provider External leave them out"),
    validation = Rule::new("!has(self.image) || !has(self.provider) || self.provider == 'Managed'")
        .message("kafka.image needs kafka.provider: Managed; Strimzi brings its own images"),
    validation = Rule::new("!has(self.brokers) || self.brokers in [1, 3]")
        .message("kafka.brokers must be 1 or 3: two could not agree when one is gone"),
    validation = Rule::new("!has(self.prefix) || (has(self.provider) && self.provider == 'External')")
        .message("kafka.prefix needs kafka.provider: External; other brokers serve this platform alone")
)]
pub struct Kafka {
    /// Who runs it. Managed (default): the operator itself. Strimzi: the Strimzi operator, which has to be in the
    /// cluster. External: a Kafka that you run. Messages do not move from one to another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<KafkaProvider>,

    /// Number of brokers, 1 or 3 (default: 1). With 3 every message is kept three times and one broker may be away.
    /// Fixed once the platform exists, unless another provider takes over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub brokers: Option<i32>,

    /// Image of the managed broker; the official `apache/kafka:4` fits (default: `<registry>/kafka:4.3.1`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 300), extend("x-kubernetes-validations" = rules::image()))]
    pub image: Option<String>,

    /// Each broker's volume. Fixed while the operator runs Kafka.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub storage: Option<Storage>,

    /// Where the external Kafka is: a Secret with the key `brokers` (`host:port,…`) and, if it asks for them,
    /// `securityProtocol` (`SSL` or `SASL_SSL`), `saslMechanism`, `username`, `password` and `ca.crt`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_ref: Option<SecretReference>,

    /// What stands before the name of each topic and consumer group in the external Kafka, where other platforms may
    /// have theirs (default: `<namespace>.<name>.`). A platform that is up keeps the prefix that it has
    /// (`status.stores.kafka.prefix`) until you name another one, which is a change of the store: events do not move.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 200), regex(pattern = r"^[a-zA-Z0-9._-]*$"))]
    pub prefix: Option<String>,

    /// A web page that shows topics, messages and consumer groups.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ui: Option<KafkaUi>,
}

/// Who runs Kafka.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum KafkaProvider {
    #[default]
    Managed,
    Strimzi,
    External,
}

/// A web page that shows topics, messages and consumer groups: Kafbat UI, inside the cluster only.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct KafkaUi {
    /// Whether it runs (default: false). Whoever reaches it may read every message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,

    /// Its image (default: `ghcr.io/kafbat/kafka-ui:v1.3.0`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 300), extend("x-kubernetes-validations" = rules::image()))]
    pub image: Option<String>,
}
