//! The managed Kafka: brokers that are also controllers, each with a volume.

use std::fmt::Write as _;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use fdp_catalogue::variables;
use k8s_openapi::api::{
    apps::v1::StatefulSet,
    core::v1::{ConfigMap, Container, EnvVar, PodSpec, VolumeMount},
};
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::{
    components::kafka::{ports::PORT, quorum, replication::min_in_sync},
    kubernetes::{
        config_map::config_map,
        disruption,
        names::{Component, KAFKA},
        pod, probe, stateful_set,
    },
    model::{
        health::Health,
        object::{Planned, RolloutStage, Wave},
        observed::Observed,
    },
    spec::{DataStore, Validated, canonical::hash},
};

/// The user of the image.
const USER: i64 = 1000;
const CONFIG_DIRECTORY: &str = "/etc/kafka";
const VOLUME_DIRECTORY: &str = "/var/lib/kafka";
/// A wildcard that Java expands itself, so that no shell is needed.
const CLASS_PATH: &str = "/opt/kafka/libs/*";
/// The request for the versions of all requests, in its first version, without a client's name: 10 bytes, which every broker
/// answers by itself, also one that has lost the others.
const API_VERSIONS: &str = r"\0\0\0\x0a\0\x12\0\0\0\0\0\x01\xff\xff";

/// Every object of the managed Kafka.
pub(super) fn objects(platform: &Validated, data_store: &DataStore, brokers: i32) -> Vec<Planned> {
    let config = config(platform, brokers);
    let [service, headless, set] = stateful_set::objects(
        platform,
        KAFKA,
        Component::Broker,
        PORT,
        Wave::DataStores,
        &stateful_set(platform, data_store, &config, brokers),
    );
    let mut objects = vec![
        Planned::new(Wave::Configuration, &config),
        service,
        headless,
        set.rollout_stage(RolloutStage::DataStores),
    ];
    if brokers > 1 {
        objects.push(disruption::budget(platform, KAFKA, Component::Broker));
    }
    objects
}

/// The address of the brokers' Service.
pub(super) fn client_environment(platform: &Validated) -> Vec<EnvVar> {
    let address = format!("{}:{PORT}", platform.child(KAFKA));
    vec![pod::env(variables::KAFKA_BROKERS, address)]
}

/// The health of the brokers.
pub(super) fn health(platform: &Validated, observed: &Observed) -> Health {
    stateful_set::health(platform, KAFKA, observed)
}

/// The cluster id that Kafka stores in its volume. It depends only on the platform's namespace and name, so that a
/// platform that is created again with a retained volume finds its messages.
fn cluster_id(platform: &Validated) -> String {
    let digest = Sha256::digest(format!("{}/{}", platform.namespace, platform.name));
    URL_SAFE_NO_PAD.encode(&digest[..16])
}

fn properties(platform: &Validated, brokers: i32) -> String {
    let (copies, in_sync) = (brokers.to_string(), min_in_sync(brokers).to_string());
    let identity = if brokers > 1 {
        quorum::identity(platform, brokers)
    } else {
        alone(platform)
    };
    let lines = [
        ("process.roles", "broker,controller"),
        ("node.id", &identity.node),
        ("controller.quorum.voters", &identity.voters),
        ("controller.listener.names", "CONTROLLER"),
        ("listeners", &identity.listeners),
        ("advertised.listeners", &identity.advertised),
        (
            "listener.security.protocol.map",
            "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        ),
        ("inter.broker.listener.name", "PLAINTEXT"),
        ("log.dirs", &format!("{VOLUME_DIRECTORY}/data")),
        ("auto.create.topics.enable", "false"),
        ("default.replication.factor", &copies),
        ("min.insync.replicas", &in_sync),
        ("offsets.topic.replication.factor", &copies),
        ("offsets.topic.num.partitions", "4"),
        ("transaction.state.log.replication.factor", &copies),
        ("transaction.state.log.min.isr", &in_sync),
        ("transaction.state.log.num.partitions", "4"),
        ("share.coordinator.state.topic.replication.factor", &copies),
        ("share.coordinator.state.topic.min.isr", &in_sync),
        ("share.coordinator.state.topic.num.partitions", "4"),
        ("group.initial.rebalance.delay.ms", "0"),
        // An idle controller writes an empty record that often, and Kafka's default is twice a second.
        ("metadata.max.idle.interval.ms", "5000"),
        ("num.network.threads", "2"),
        ("num.io.threads", "4"),
        ("log.segment.bytes", "67108864"),
        ("log.cleaner.dedupe.buffer.size", "4194304"),
    ];
    lines
        .into_iter()
        .chain(identity.more.iter().copied())
        .fold(String::new(), |mut text, (key, value)| {
            let _ = writeln!(text, "{key}={value}");
            text
        })
}

/// The properties of a single broker.
fn alone(platform: &Validated) -> quorum::Identity {
    // Clients get the Service's name and not the pod's: the Service's address does not change when the pod is replaced.
    let address = format!("{}.{}.svc:{PORT}", platform.child(KAFKA), platform.namespace);
    quorum::Identity {
        node: "0".to_owned(),
        voters: "0@localhost:9093".to_owned(),
        listeners: "PLAINTEXT://:9092,CONTROLLER://localhost:9093".to_owned(),
        advertised: format!("PLAINTEXT://{address}"),
        more: &[],
    }
}

const LOG4J2: &str = "\
status=ERROR
appender.console.type=Console
appender.console.name=console
appender.console.layout.type=PatternLayout
appender.console.layout.pattern=%d{ISO8601} %p %c{1} %m%n
rootLogger.level=WARN
rootLogger.appenderRef.console.ref=console
logger.server.name=kafka.server
logger.server.level=INFO
";

fn config(platform: &Validated, brokers: i32) -> ConfigMap {
    config_map(
        platform,
        KAFKA,
        Component::Broker,
        [
            ("server.properties", properties(platform, brokers)),
            ("log4j2.properties", LOG4J2.to_owned()),
        ],
    )
}

fn stateful_set(
    platform: &Validated,
    data_store: &DataStore,
    config: &ConfigMap,
    brokers: i32,
) -> StatefulSet {
    let properties = format!("{CONFIG_DIRECTORY}/server.properties");
    let set = stateful_set::stateful_set(
        platform,
        KAFKA,
        Component::Broker,
        data_store,
        hash(&json!(config.data)),
        PodSpec {
            init_containers: Some(vec![java(
                platform,
                data_store,
                "format",
                "64m",
                &[
                    "kafka.tools.StorageTool",
                    "format",
                    "--ignore-formatted",
                    "-t",
                    &cluster_id(platform),
                    "-c",
                    &properties,
                ],
            )]),
            containers: vec![Container {
                ports: Some(vec![pod::port(KAFKA, PORT)]),
                // The port opens after the recovery of what was not closed properly.
                startup_probe: Some(probe::tcp_probe(KAFKA, 2, 60)),
                readiness_probe: Some(probe::tcp_probe(KAFKA, 2, 3)),
                liveness_probe: Some(probe::liveness(
                    probe::STORE_GRACE_SECONDS,
                    probe::answer_probe(PORT, API_VERSIONS),
                )),
                ..java(platform, data_store, KAFKA, "256m", &["kafka.Kafka", &properties])
            }],
            volumes: Some(vec![
                pod::tmp(),
                pod::config_volume("config", platform.child(KAFKA)),
            ]),
            security_context: Some(pod::pod_security(USER)),
            ..Default::default()
        },
    );
    if brokers > 1 {
        quorum::of_several(platform, set, brokers)
    } else {
        set
    }
}

/// A container that runs one of Kafka's main classes with the given heap size.
fn java(
    platform: &Validated,
    data_store: &DataStore,
    name: &str,
    heap: &str,
    arguments: &[&str],
) -> Container {
    let options = [
        &format!("-Xmx{heap}"),
        "-XX:+UseSerialGC",
        // The optimising compiler costs more memory and start-up time than a broker of this size gains from it.
        "-XX:TieredStopAtLevel=1",
        // Without it, Java exits only when the kernel kills it.
        "-XX:+ExitOnOutOfMemoryError",
        "-Dlog4j2.configurationFile=/etc/kafka/log4j2.properties",
        "-cp",
        CLASS_PATH,
    ];
    pod::container(
        platform,
        name,
        &data_store.image,
        Container {
            command: Some(vec!["java".to_owned()]),
            args: Some(
                options
                    .iter()
                    .chain(arguments)
                    .map(|&text| text.to_owned())
                    .collect(),
            ),
            resources: Some(pod::fixed_resources("100m", "320Mi", "768Mi")),
            volume_mounts: Some(vec![
                VolumeMount {
                    read_only: Some(true),
                    ..pod::mount("config", CONFIG_DIRECTORY)
                },
                pod::mount(stateful_set::VOLUME, VOLUME_DIRECTORY),
            ]),
            ..Default::default()
        },
    )
}
