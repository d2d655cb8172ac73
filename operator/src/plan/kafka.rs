//! The managed Kafka: one broker that is its own controller, with a volume.

use std::fmt::Write as _;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use k8s_openapi::{
    api::{
        apps::v1::StatefulSet,
        core::v1::{
            ConfigMap, ConfigMapVolumeSource, Container, ContainerPort, PodSpec, PodTemplateSpec, Volume,
            VolumeMount,
        },
    },
    apimachinery::pkg::apis::meta::v1::ObjectMeta,
};
use serde_json::json;
use sha2::{Digest, Sha256};

use super::{
    data_store::{self, Claim},
    names::{self, Component, KAFKA},
    object::{Planned, Wave, hash},
    pod,
    validated::Validated,
};

/// The port for clients.
pub const PORT: u16 = 9092;
/// The user of the image.
const USER: i64 = 1000;
const CONFIG_DIRECTORY: &str = "/etc/kafka";
const VOLUME_DIRECTORY: &str = "/var/lib/kafka";
/// A wildcard that Java expands itself, so that no shell is needed.
const CLASS_PATH: &str = "/opt/kafka/libs/*";

/// Everything that makes up the managed Kafka.
pub fn kafka(platform: &Validated) -> Vec<Planned> {
    let config = config(platform);
    vec![
        Planned::new(Wave::Configuration, &config),
        Planned::new(
            Wave::DataStores,
            &data_store::service(platform, KAFKA, Component::Broker, PORT),
        ),
        Planned::new(
            Wave::DataStores,
            &data_store::headless_service(platform, KAFKA, Component::Broker, PORT),
        ),
        Planned::new(Wave::DataStores, &stateful_set(platform, &config)),
    ]
}

/// The name that Kafka keeps in its volume: the same for the same platform, so that a platform that is
/// created again over a retained volume finds its messages.
fn cluster_id(platform: &Validated) -> String {
    let digest = Sha256::digest(format!("{}/{}", platform.namespace, platform.name));
    URL_SAFE_NO_PAD.encode(&digest[..16])
}

fn properties(platform: &Validated) -> String {
    // Clients are told the Service's name and not the pod's: its address outlives the pod.
    let address = format!("{}.{}.svc:{PORT}", platform.child(KAFKA), platform.namespace);
    let lines = [
        ("process.roles", "broker,controller"),
        ("node.id", "0"),
        ("controller.quorum.voters", "0@localhost:9093"),
        ("controller.listener.names", "CONTROLLER"),
        ("listeners", "PLAINTEXT://:9092,CONTROLLER://localhost:9093"),
        ("advertised.listeners", &format!("PLAINTEXT://{address}")),
        (
            "listener.security.protocol.map",
            "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        ),
        ("inter.broker.listener.name", "PLAINTEXT"),
        ("log.dirs", &format!("{VOLUME_DIRECTORY}/data")),
        ("auto.create.topics.enable", "false"),
        ("default.replication.factor", "1"),
        ("min.insync.replicas", "1"),
        ("offsets.topic.replication.factor", "1"),
        ("offsets.topic.num.partitions", "4"),
        ("transaction.state.log.replication.factor", "1"),
        ("transaction.state.log.min.isr", "1"),
        ("transaction.state.log.num.partitions", "4"),
        ("share.coordinator.state.topic.replication.factor", "1"),
        ("share.coordinator.state.topic.min.isr", "1"),
        ("share.coordinator.state.topic.num.partitions", "4"),
        ("group.initial.rebalance.delay.ms", "0"),
        ("num.network.threads", "2"),
        ("num.io.threads", "4"),
        ("log.segment.bytes", "67108864"),
        ("log.cleaner.dedupe.buffer.size", "4194304"),
    ];
    lines.into_iter().fold(String::new(), |mut text, (key, value)| {
        let _ = writeln!(text, "{key}={value}");
        text
    })
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

fn config(platform: &Validated) -> ConfigMap {
    ConfigMap {
        metadata: ObjectMeta {
            name: Some(platform.child(KAFKA)),
            labels: Some(names::labels(&platform.name, KAFKA, Component::Broker)),
            ..Default::default()
        },
        data: Some(
            [
                ("server.properties".to_owned(), properties(platform)),
                ("log4j2.properties".to_owned(), LOG4J2.to_owned()),
            ]
            .into(),
        ),
        ..Default::default()
    }
}

fn stateful_set(platform: &Validated, config: &ConfigMap) -> StatefulSet {
    let labels = names::labels(&platform.name, KAFKA, Component::Broker);
    let properties = format!("{CONFIG_DIRECTORY}/server.properties");
    let template = PodTemplateSpec {
        metadata: Some(ObjectMeta {
            labels: Some(labels),
            annotations: Some([(names::CONFIG_HASH.to_owned(), hash(&json!(config.data)))].into()),
            ..Default::default()
        }),
        spec: Some(PodSpec {
            init_containers: Some(vec![java(
                platform,
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
                ports: Some(vec![ContainerPort {
                    name: Some(KAFKA.to_owned()),
                    container_port: i32::from(PORT),
                    protocol: Some("TCP".to_owned()),
                    ..Default::default()
                }]),
                readiness_probe: Some(pod::tcp_probe(KAFKA, 2, 3)),
                liveness_probe: Some(pod::tcp_probe(KAFKA, 10, 12)),
                ..java(platform, KAFKA, "256m", &["kafka.Kafka", &properties])
            }],
            volumes: Some(vec![
                pod::tmp(),
                Volume {
                    name: "config".to_owned(),
                    config_map: Some(ConfigMapVolumeSource {
                        name: platform.child(KAFKA),
                        ..Default::default()
                    }),
                    ..Default::default()
                },
            ]),
            security_context: Some(pod::pod_security(USER)),
            automount_service_account_token: Some(false),
            enable_service_links: Some(false),
            image_pull_secrets: pod::pull_secrets(platform),
            termination_grace_period_seconds: Some(60),
            ..Default::default()
        }),
    };
    data_store::stateful_set(
        platform,
        KAFKA,
        Component::Broker,
        &Claim::of(&platform.kafka),
        template,
    )
}

/// A container that runs one of Kafka's main classes with that much heap.
fn java(platform: &Validated, name: &str, heap: &str, arguments: &[&str]) -> Container {
    let options = [
        &format!("-Xmx{heap}"),
        "-XX:+UseSerialGC",
        // The optimising compiler costs more memory and start-up time than a broker of this size wins by it.
        "-XX:TieredStopAtLevel=1",
        // Else Java exits only after the kernel has killed it.
        "-XX:+ExitOnOutOfMemoryError",
        "-Dlog4j2.configurationFile=/etc/kafka/log4j2.properties",
        "-cp",
        CLASS_PATH,
    ];
    pod::restrict(Container {
        name: name.to_owned(),
        image: Some(platform.kafka.image.clone()),
        image_pull_policy: Some(platform.pull_policy.as_str().to_owned()),
        command: Some(vec!["java".to_owned()]),
        args: Some(
            options
                .iter()
                .chain(arguments)
                .map(|&text| text.to_owned())
                .collect(),
        ),
        resources: Some(pod::resources(
            &pod::amounts(Some("50m"), "320Mi"),
            &pod::amounts(None, "768Mi"),
        )),
        volume_mounts: Some(vec![
            VolumeMount {
                read_only: Some(true),
                ..pod::mount("config", CONFIG_DIRECTORY)
            },
            pod::mount(data_store::VOLUME, VOLUME_DIRECTORY),
        ]),
        ..Default::default()
    })
}
