//! The managed Elasticsearch: one server with a volume.

use k8s_openapi::api::{
    apps::v1::StatefulSet,
    core::v1::{Container, PodSecurityContext, PodSpec, VolumeMount},
};
use serde_json::json;

use crate::{
    components::logging::server::ELASTICSEARCH_PORT,
    kubernetes::{
        config_map::config_map,
        names::{Component, ELASTICSEARCH},
        pod, probe, secret, service_accounts, stateful_set,
    },
    model::{
        health::Health,
        object::{Planned, Wave},
        observed::Observed,
    },
    spec::{DataStore, Logging, Validated, canonical::hash},
};

/// The user of the image.
const USER: i64 = 1000;
const HOME: &str = "/usr/share/elasticsearch";
const SETTINGS: &str = "elasticsearch.yml";
/// Where the init container puts what the server finds as its configuration.
const COPY: &str = "/configuration";

/// Every object of the managed Elasticsearch.
pub(super) fn objects(platform: &Validated, settings: &Logging, observed: &Observed) -> Vec<Planned> {
    let Some(image) = &settings.elasticsearch_image else {
        return Vec::new();
    };
    let data_store = DataStore {
        image: image.clone(),
        size: settings.size.clone(),
        storage_class: settings.storage_class.clone(),
    };
    let (part, component) = (ELASTICSEARCH, Component::Logging);
    let config = config_map(platform, part, component, [(SETTINGS, configuration(platform))]);
    // The superuser has the password of its Secret for as long as nobody has set another one, so a new pod follows it.
    let inputs = hash(&json!([config.data, observed.credentials.elasticsearch]));
    let set = stateful_set(platform, &data_store, inputs);
    let [service, headless, set] = stateful_set::objects(
        platform,
        part,
        component,
        ELASTICSEARCH_PORT,
        Wave::DataStores,
        &set,
    );
    vec![
        service_accounts::account(platform, part, component),
        Planned::new(Wave::Configuration, &config),
        service,
        headless,
        set,
    ]
}

/// The health of Elasticsearch.
pub(super) fn health(platform: &Validated, observed: &Observed) -> Health {
    stateful_set::health(platform, ELASTICSEARCH, observed)
}

fn configuration(platform: &Validated) -> String {
    let name = &platform.name;
    format!(
        "\
cluster.name: {name}
network.host: 0.0.0.0
discovery.type: single-node
# Nodes need no other vm.max_map_count than they have.
node.store.allow_mmap: false
xpack.security.enabled: true
# It would make certificates that nobody knows; who may reach this port is a matter of network policies.
xpack.security.autoconfiguration.enabled: false
xpack.security.http.ssl.enabled: false
xpack.security.transport.ssl.enabled: false
# Searches need neither, and both cost memory.
xpack.ml.enabled: false
ingest.geoip.downloader.enabled: false
"
    )
}

fn stateful_set(platform: &Validated, data_store: &DataStore, inputs: String) -> StatefulSet {
    stateful_set::stateful_set(
        platform,
        ELASTICSEARCH,
        Component::Logging,
        data_store,
        inputs,
        PodSpec {
            init_containers: Some(vec![copy_of_the_configuration(platform, data_store)]),
            containers: vec![server(platform, data_store)],
            volumes: Some(vec![
                pod::tmp(),
                pod::scratch("configuration"),
                pod::scratch("logs"),
                pod::config_volume("settings", platform.child(ELASTICSEARCH)),
            ]),
            security_context: Some(security()),
            service_account_name: Some(platform.child(ELASTICSEARCH)),
            ..Default::default()
        },
    )
}

/// The security context. Files in Elastic's images belong to the group root; membership grants no other privilege.
pub(super) fn security() -> PodSecurityContext {
    PodSecurityContext {
        run_as_group: Some(0),
        ..pod::pod_security(USER)
    }
}

/// Copies the image's configuration to a writable directory, because Elasticsearch writes its keystore there.
fn copy_of_the_configuration(platform: &Validated, data_store: &DataStore) -> Container {
    pod::container(
        platform,
        "configuration",
        &data_store.image,
        Container {
            // A container that is started again finds the files of the one before it, which it may be unable to open.
            command: Some(["cp", "-r", "--force"].map(str::to_owned).into()),
            args: Some(vec![format!("{HOME}/config/."), COPY.to_owned()]),
            resources: Some(pod::fixed_resources("10m", "32Mi", "64Mi")),
            volume_mounts: Some(vec![pod::mount("configuration", COPY)]),
            ..Default::default()
        },
    )
}

/// The settings, over those of the image. The kubelet mounts the file itself: in the volume of a `ConfigMap` it is a
/// link, which leads nowhere from another directory.
fn settings() -> VolumeMount {
    VolumeMount {
        sub_path: Some(SETTINGS.to_owned()),
        ..pod::read_only_mount("settings", &format!("{HOME}/config/{SETTINGS}"))
    }
}

fn server(platform: &Validated, data_store: &DataStore) -> Container {
    pod::container(
        platform,
        ELASTICSEARCH,
        &data_store.image,
        Container {
            ports: Some(vec![pod::port(ELASTICSEARCH, ELASTICSEARCH_PORT)]),
            env: Some(vec![pod::env_from_secret(
                "ELASTIC_PASSWORD",
                &platform.child(ELASTICSEARCH),
                secret::PASSWORD,
            )]),
            // Elasticsearch uses half of the memory limit for its heap.
            resources: Some(pod::fixed_resources("100m", "1Gi", "2Gi")),
            // The port opens when the server has joined its cluster; HTTP probes would need a password. Without one, the answer
            // is a refusal, by which a server is alive.
            startup_probe: Some(probe::tcp_probe(ELASTICSEARCH, 5, 60)),
            readiness_probe: Some(probe::tcp_probe(ELASTICSEARCH, 5, 3)),
            liveness_probe: Some(probe::liveness(
                probe::STORE_GRACE_SECONDS,
                probe::answer_probe(ELASTICSEARCH_PORT, probe::HTTP_REQUEST),
            )),
            volume_mounts: Some(vec![
                pod::mount("configuration", &format!("{HOME}/config")),
                settings(),
                pod::mount("logs", &format!("{HOME}/logs")),
                pod::mount(stateful_set::VOLUME, &format!("{HOME}/data")),
            ]),
            ..Default::default()
        },
    )
}
