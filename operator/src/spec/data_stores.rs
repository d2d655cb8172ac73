//! Kafka, PostgreSQL and MongoDB: who runs each, and its settings.

use fdp_crds::{
    DEFAULT_STORAGE_SIZE, Kafka as KafkaSpec, KafkaProvider, Mongodb as MongodbSpec, MongodbProvider,
    Postgres as PostgresSpec, PostgresProvider, Storage,
};

use crate::spec::shared::Shared;

/// Image of the managed broker, below the platform's registry.
const KAFKA_IMAGE: &str = "kafka:4.3.1";
/// Image of the managed database server, below the platform's registry.
pub(super) const POSTGRES_IMAGE: &str = "postgres:15";
/// Image of the managed document database.
const MONGODB_IMAGE: &str = "docker.io/library/mongo:8.0";
/// Image of the web page that shows the contents of Kafka.
const KAFKA_UI_IMAGE: &str = "ghcr.io/kafbat/kafka-ui:v1.3.0";
/// Instances of a `CloudNativePG` cluster: while one is unavailable, another one still replicates.
const INSTANCES: i32 = 3;

/// A data store that the operator runs, with a volume.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataStore {
    pub image: String,
    pub size: String,
    pub storage_class: Option<String>,
}

/// The settings of a Kafka cluster that Strimzi runs; Strimzi chooses the image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Strimzi {
    pub size: String,
    pub storage_class: Option<String>,
    pub brokers: i32,
}

/// The settings of a `CloudNativePG` cluster; `CloudNativePG` chooses the image if none is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CloudNativePg {
    pub image: Option<String>,
    pub size: String,
    pub storage_class: Option<String>,
    pub instances: i32,
}

/// Who runs Kafka.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kafka {
    /// The operator runs one or three brokers.
    Managed { data_store: DataStore, brokers: i32 },
    /// Strimzi runs the brokers.
    Strimzi(Strimzi),
    /// It is run elsewhere.
    External(Shared),
}

/// Who runs the relational database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Postgres {
    /// The operator runs one server.
    Managed(DataStore),
    /// `CloudNativePG` runs several servers.
    CloudNativePg(CloudNativePg),
    /// It is run elsewhere.
    External(Shared),
}

/// Who runs the document database of order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mongodb {
    /// Orders are stored as documents in PostgreSQL.
    None,
    /// The operator runs one server.
    Managed(DataStore),
    /// It is run elsewhere; the Secret holds the address.
    External { secret: String },
}

pub(super) fn kafka(spec: KafkaSpec, registry: &str, prefix: &str) -> Kafka {
    let brokers = spec.brokers.unwrap_or(1);
    let secret = spec.secret_ref.map(|secret| secret.name).unwrap_or_default();
    match spec.provider.unwrap_or_default() {
        KafkaProvider::Managed => Kafka::Managed {
            data_store: data_store(
                spec.image.unwrap_or_else(|| format!("{registry}/{KAFKA_IMAGE}")),
                spec.storage,
            ),
            brokers,
        },
        KafkaProvider::Strimzi => {
            let (size, storage_class) = volume(spec.storage, DEFAULT_STORAGE_SIZE);
            Kafka::Strimzi(Strimzi {
                size,
                storage_class,
                brokers,
            })
        }
        KafkaProvider::External => Kafka::External(Shared::new(secret, spec.prefix, prefix)),
    }
}

pub(super) fn kafka_ui(spec: &KafkaSpec) -> Option<String> {
    let ui = spec.ui.as_ref().filter(|ui| ui.enabled == Some(true))?;
    Some(ui.image.clone().unwrap_or_else(|| KAFKA_UI_IMAGE.to_owned()))
}

pub(super) fn postgres(spec: PostgresSpec, registry: &str, prefix: &str) -> Postgres {
    let secret = spec.secret_ref.map(|secret| secret.name).unwrap_or_default();
    match spec.provider.unwrap_or_default() {
        PostgresProvider::Managed => Postgres::Managed(data_store(
            spec.image
                .unwrap_or_else(|| format!("{registry}/{POSTGRES_IMAGE}")),
            spec.storage,
        )),
        PostgresProvider::CloudNativePG => {
            let (size, storage_class) = volume(spec.storage, DEFAULT_STORAGE_SIZE);
            Postgres::CloudNativePg(CloudNativePg {
                image: spec.image,
                size,
                storage_class,
                instances: spec.instances.unwrap_or(INSTANCES),
            })
        }
        PostgresProvider::External => Postgres::External(Shared::new(secret, spec.prefix, prefix)),
    }
}

pub(super) fn mongodb(spec: MongodbSpec) -> Mongodb {
    let secret = spec.secret_ref.map(|secret| secret.name).unwrap_or_default();
    match spec.provider.unwrap_or_default() {
        MongodbProvider::None => Mongodb::None,
        MongodbProvider::Managed => Mongodb::Managed(data_store(
            spec.image.unwrap_or_else(|| MONGODB_IMAGE.to_owned()),
            spec.storage,
        )),
        MongodbProvider::External => Mongodb::External { secret },
    }
}

fn data_store(image: String, storage: Option<Storage>) -> DataStore {
    let (size, storage_class) = volume(storage, DEFAULT_STORAGE_SIZE);
    DataStore {
        image,
        size,
        storage_class,
    }
}

/// Size and class of a volume.
pub(super) fn volume(storage: Option<Storage>, default_size: &str) -> (String, Option<String>) {
    let storage = storage.unwrap_or_default();
    (
        storage.size.unwrap_or_else(|| default_size.to_owned()),
        storage.storage_class,
    )
}
