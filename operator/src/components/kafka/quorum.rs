//! Several managed brokers: each has its own name and number, and they are replaced one after the other.

use fdp_catalogue::variables::{self, POD_NAME};
use k8s_openapi::api::{
    apps::v1::StatefulSet,
    core::v1::{Container, Probe},
};

use crate::{
    components::kafka::ports::{CONTROLLER_PORT, PORT},
    kubernetes::{
        names::{self, KAFKA, SETUP},
        pod, probe, stateful_set,
    },
    spec::Validated,
};

/// The variable with a broker's number.
const NODE_ID: &str = "KAFKA_NODE_ID";
/// The container that reports whether the broker beside it is in sync, and its port.
const IN_SYNC: &str = "in-sync";
const IN_SYNC_PORT: u16 = 8080;

/// The properties that differ between brokers, or between a single broker and several.
pub(super) struct Identity {
    pub node: String,
    pub voters: String,
    pub listeners: String,
    pub advertised: String,
    /// Additional properties that only several brokers need.
    pub more: &'static [(&'static str, &'static str)],
}

/// The properties of several brokers. All brokers read the same file. Kafka itself reads the values that differ from
/// the environment, so no shell is needed.
pub(super) fn identity(platform: &Validated, brokers: i32) -> Identity {
    let domain = format!(
        "{}.{}.svc",
        stateful_set::headless_name(platform, KAFKA),
        platform.namespace
    );
    let voters: Vec<String> = (0..brokers)
        .map(|number| {
            let pod = format!("{}-{number}", platform.child(KAFKA));
            format!("{number}@{pod}.{domain}:{CONTROLLER_PORT}")
        })
        .collect();
    let own = format!("${{env:{POD_NAME}}}.{domain}");
    Identity {
        node: format!("${{env:{NODE_ID}}}"),
        voters: voters.join(","),
        listeners: format!("PLAINTEXT://:{PORT},CONTROLLER://:{CONTROLLER_PORT}"),
        advertised: format!("PLAINTEXT://{own}:{PORT},CONTROLLER://{own}:{CONTROLLER_PORT}"),
        more: &[
            ("config.providers", "env"),
            (
                "config.providers.env.class",
                "org.apache.kafka.common.config.provider.EnvVarConfigProvider",
            ),
            (
                "config.providers.env.param.allowlist.pattern",
                "KAFKA_NODE_ID|POD_NAME",
            ),
        ],
    }
}

/// Changes the set from one broker to several, spread over the nodes. A broker is ready when it is in sync, and the set
/// replaces the next one only then, so two brokers are never out of sync at the same time.
pub(super) fn of_several(platform: &Validated, mut set: StatefulSet, brokers: i32) -> StatefulSet {
    let Some(spec) = &mut set.spec else { return set };
    spec.replicas = Some(brokers);
    let Some(pod) = &mut spec.template.spec else {
        return set;
    };
    for container in pod
        .containers
        .iter_mut()
        .chain(pod.init_containers.iter_mut().flatten())
    {
        container.env = Some(vec![
            pod::env_from_field(NODE_ID, "metadata.labels['apps.kubernetes.io/pod-index']"),
            pod::env_from_field(POD_NAME, "metadata.name"),
        ]);
    }
    pod.containers.push(in_sync(platform));
    pod.topology_spread_constraints = Some(vec![pod::spread_over_nodes(names::selector(
        &platform.name,
        KAFKA,
    ))]);
    set
}

fn in_sync(platform: &Validated) -> Container {
    pod::container(
        platform,
        IN_SYNC,
        &platform.image(SETUP),
        Container {
            args: Some(vec![IN_SYNC.to_owned()]),
            env: Some(vec![
                pod::env_from_field(
                    variables::BROKER_ID,
                    "metadata.labels['apps.kubernetes.io/pod-index']",
                ),
                pod::env(variables::KAFKA_BROKERS, format!("localhost:{PORT}")),
                pod::env(variables::PORT, IN_SYNC_PORT.to_string()),
            ]),
            ports: Some(vec![pod::port(IN_SYNC, IN_SYNC_PORT)]),
            resources: Some(pod::fixed_resources("5m", "16Mi", "64Mi")),
            readiness_probe: Some(Probe {
                // Longer than the program's own timeout for the broker.
                timeout_seconds: Some(5),
                ..probe::http_probe(IN_SYNC, "/readyz", 5, 2)
            }),
            liveness_probe: Some(probe::liveness(
                probe::GRACE_SECONDS,
                probe::http_probe(IN_SYNC, "/healthz", 10, 6),
            )),
            ..Default::default()
        },
    )
}
