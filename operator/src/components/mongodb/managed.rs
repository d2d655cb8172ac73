//! The managed MongoDB: one server with a volume.

use fdp_catalogue::variables;
use fdp_crds::DeletionPolicy;
use k8s_openapi::api::{
    apps::v1::StatefulSet,
    core::v1::{ConfigMap, Container, EnvVar, PodSpec},
};
use serde_json::json;

use crate::{
    kubernetes::{
        config_map::config_map,
        names::{Component, MONGODB},
        pod, probe, secret, service_accounts, stateful_set,
    },
    model::{
        health::Health,
        object::{Planned, RolloutStage, Wave},
        observed::Observed,
    },
    spec::{DataStore, Validated, canonical::hash},
};

/// The port for clients of a server in the cluster.
pub const PORT: u16 = 27017;
/// The user `mongodb` of the image.
const USER: i64 = 999;
const ADMINISTRATOR: &str = "root";
/// The directory of the volume, which is also the home directory of the image's programs.
const DATA_DIRECTORY: &str = "/data/db";
/// A directory that the image declares as a volume; it always stays empty.
const EMPTY_DIRECTORY: &str = "/data/configdb";
const CONFIG_DIRECTORY: &str = "/etc/fdp/config";
/// An `OP_MSG` with the command `{ hello: 1, $db: "admin" }`, which needs no password: length, request, answer to, code; flags,
/// kind; the command as BSON.
const HELLO: &str = concat!(
    r"\x34\0\0\0\x01\0\0\0\0\0\0\0\xdd\x07\0\0",
    r"\0\0\0\0\0",
    r"\x1f\0\0\0\x10hello\0\x01\0\0\0\x02$db\0\x06\0\0\0admin\0\0",
);
const START_SCRIPT: &str = include_str!("managed.sh");
const ADMINISTRATOR_SCRIPT: &str = include_str!("administrator.js");

/// Every object of the managed MongoDB.
pub(super) fn objects(platform: &Validated, data_store: &DataStore, observed: &Observed) -> Vec<Planned> {
    let password = &observed.credentials.mongodb;
    let secret = secret::secret(
        platform,
        MONGODB,
        Component::Database,
        [(secret::PASSWORD, password.as_str())],
    );
    let secret = Planned::new(Wave::Configuration, &secret).generated();
    let config = config(platform);
    let [service, headless, set] = stateful_set::objects(
        platform,
        MONGODB,
        Component::Database,
        PORT,
        Wave::DataStores,
        &stateful_set(platform, data_store, &config, password),
    );
    vec![
        // Each start sets the password of the Secret; whoever keeps the volume still finds the one that they know.
        match platform.deletion_policy {
            DeletionPolicy::Retain => secret.retained(),
            DeletionPolicy::Delete => secret,
        },
        service_accounts::account(platform, MONGODB, Component::Database),
        Planned::new(Wave::Configuration, &config),
        service,
        headless,
        set.rollout_stage(RolloutStage::DataStores),
    ]
}

/// The variables with which order connects to it; the last is `MONGODB_URL`.
pub(super) fn url(platform: &Validated) -> Vec<EnvVar> {
    let server = platform.child(MONGODB);
    vec![
        // The URL refers to the password variable, so the password comes first.
        pod::env_from_secret(variables::MONGODB_PASSWORD, &server, secret::PASSWORD),
        pod::env(
            variables::MONGODB_URL,
            format!(
                "mongodb://{ADMINISTRATOR}:$({})@{server}:{PORT}/order?authSource=admin",
                variables::MONGODB_PASSWORD
            ),
        ),
    ]
}

/// The health of the server.
pub(super) fn health(platform: &Validated, observed: &Observed) -> Health {
    stateful_set::health(platform, MONGODB, observed)
}

fn config(platform: &Validated) -> ConfigMap {
    config_map(
        platform,
        MONGODB,
        Component::Database,
        [
            ("start.sh", START_SCRIPT.to_owned()),
            ("administrator.js", ADMINISTRATOR_SCRIPT.to_owned()),
        ],
    )
}

fn stateful_set(
    platform: &Validated,
    data_store: &DataStore,
    config: &ConfigMap,
    password: &str,
) -> StatefulSet {
    stateful_set::stateful_set(
        platform,
        MONGODB,
        Component::Database,
        data_store,
        hash(&json!([config.data, password])),
        PodSpec {
            containers: vec![container(platform, data_store)],
            volumes: Some(vec![
                pod::tmp(),
                pod::scratch("empty"),
                pod::config_volume("config", platform.child(MONGODB)),
                pod::secret_volume("password", platform.child(MONGODB), secret::PASSWORD),
            ]),
            security_context: Some(pod::pod_security(USER)),
            service_account_name: Some(platform.child(MONGODB)),
            ..Default::default()
        },
    )
}

fn container(platform: &Validated, data_store: &DataStore) -> Container {
    pod::container(
        platform,
        MONGODB,
        &data_store.image,
        Container {
            // The image's own entry point makes its user only on an empty volume: interrupted there, it never does.
            command: Some(vec!["bash".to_owned(), format!("{CONFIG_DIRECTORY}/start.sh")]),
            // By default, the server's cache would use half of the node's memory.
            args: Some(["--wiredTigerCacheSizeGB", "0.25"].map(str::to_owned).into()),
            ports: Some(vec![pod::port(MONGODB, PORT)]),
            resources: Some(pod::fixed_resources("50m", "256Mi", "768Mi")),
            // Until the administrator has its password, the server listens on localhost only.
            startup_probe: Some(probe::tcp_probe(MONGODB, 3, 100)),
            readiness_probe: Some(probe::tcp_probe(MONGODB, 3, 2)),
            liveness_probe: Some(probe::liveness(
                probe::STORE_GRACE_SECONDS,
                probe::answer_probe(PORT, HELLO),
            )),
            volume_mounts: Some(vec![
                pod::mount(stateful_set::VOLUME, DATA_DIRECTORY),
                pod::mount("empty", EMPTY_DIRECTORY),
                pod::read_only_mount("config", CONFIG_DIRECTORY),
                pod::read_only_mount("password", "/etc/fdp/password"),
            ]),
            ..Default::default()
        },
    )
}
