//! The managed PostgreSQL: one server with a volume.

use std::fmt::Write as _;

use k8s_openapi::api::{
    apps::v1::StatefulSet,
    core::v1::{ConfigMap, Container, EnvVar, ExecAction, Lifecycle, LifecycleHandler, PodSpec},
};
use serde_json::json;

use crate::{
    components::postgres::server::{PORT, administrator, client},
    kubernetes::{
        config_map::config_map,
        names::{Component, POSTGRES},
        pod, probe, secret, stateful_set,
    },
    model::{
        health::Health,
        object::{Planned, RolloutStage, Wave},
        observed::{Credentials, Observed},
    },
    spec::{DataStore, Validated, canonical::hash},
};

/// The user `postgres` of the image.
const USER: i64 = 999;
const VOLUME_DIRECTORY: &str = "/var/lib/postgresql/data";
/// A subdirectory of the volume, because the root directory of a volume may contain `lost+found`.
const DATA_DIRECTORY: &str = "/var/lib/postgresql/data/pgdata";
const CONFIG_DIRECTORY: &str = "/etc/fdp/config";
const START_SCRIPT: &str = include_str!("managed.sh");

const HOST_BASED_AUTHENTICATION: &str = "\
# type database user address method
local all postgres peer
host all all all scram-sha-256
";

/// Every object of the managed PostgreSQL, except its Secrets.
pub(super) fn objects(
    platform: &Validated,
    data_store: &DataStore,
    credentials: &Credentials,
) -> Vec<Planned> {
    let config = config(platform);
    let [service, headless, set] = stateful_set::objects(
        platform,
        POSTGRES,
        Component::Database,
        PORT,
        Wave::DataStores,
        &stateful_set(platform, data_store, &config, credentials),
    );
    vec![
        Planned::new(Wave::Configuration, &config),
        service,
        headless,
        set.rollout_stage(RolloutStage::DataStores),
    ]
}

/// The variables with which a service connects to its own database.
pub(super) fn client_environment(platform: &Validated, database: &str) -> Vec<EnvVar> {
    client(platform, database, &platform.child(POSTGRES))
}

/// The variables with which the setup creates databases and roles.
pub(super) fn administrator_environment(platform: &Validated) -> Vec<EnvVar> {
    administrator(platform, &platform.child(POSTGRES))
}

/// The health of the server.
pub(super) fn health(platform: &Validated, observed: &Observed) -> Health {
    stateful_set::health(platform, POSTGRES, observed)
}

fn server_settings() -> String {
    let lines = [
        ("listen_addresses", "'*'"),
        ("port", &PORT.to_string()),
        ("unix_socket_directories", "'/var/run/postgresql'"),
        ("hba_file", &format!("'{CONFIG_DIRECTORY}/pg_hba.conf'")),
        ("max_connections", "200"),
        ("shared_buffers", "64MB"),
        ("max_wal_size", "256MB"),
        ("dynamic_shared_memory_type", "posix"),
        ("password_encryption", "scram-sha-256"),
        ("log_line_prefix", "'%m %d %u '"),
        ("log_timezone", "'UTC'"),
        ("timezone", "'UTC'"),
        ("datestyle", "'iso, ymd'"),
    ];
    lines.into_iter().fold(String::new(), |mut text, (key, value)| {
        let _ = writeln!(text, "{key} = {value}");
        text
    })
}

fn config(platform: &Validated) -> ConfigMap {
    config_map(
        platform,
        POSTGRES,
        Component::Database,
        [
            ("start.sh", START_SCRIPT.to_owned()),
            ("postgresql.conf", server_settings()),
            ("pg_hba.conf", HOST_BASED_AUTHENTICATION.to_owned()),
        ],
    )
}

fn stateful_set(
    platform: &Validated,
    data_store: &DataStore,
    config: &ConfigMap,
    credentials: &Credentials,
) -> StatefulSet {
    let config_hash = hash(&json!([config.data, credentials.postgres]));
    stateful_set::stateful_set(
        platform,
        POSTGRES,
        Component::Database,
        data_store,
        config_hash,
        PodSpec {
            containers: vec![container(platform, data_store)],
            volumes: Some(vec![
                pod::tmp(),
                pod::scratch("socket"),
                pod::config_volume("config", platform.child(POSTGRES)),
                pod::secret_volume("password", platform.child(POSTGRES), secret::PASSWORD),
            ]),
            security_context: Some(pod::pod_security(USER)),
            ..Default::default()
        },
    )
}

fn container(platform: &Validated, data_store: &DataStore) -> Container {
    pod::container(
        platform,
        POSTGRES,
        &data_store.image,
        Container {
            command: Some(vec!["sh".to_owned(), format!("{CONFIG_DIRECTORY}/start.sh")]),
            env: Some(vec![pod::env("PGDATA", DATA_DIRECTORY)]),
            ports: Some(vec![pod::port(POSTGRES, PORT)]),
            resources: Some(pod::fixed_resources("200m", "96Mi", "512Mi")),
            // The port opens before recovery is complete. A command asks whether it is, but only until it once was: asked every
            // few seconds, it cost more than an idle server. One that recovers later without a new start stays ready, and
            // refuses its clients in its own words meanwhile.
            startup_probe: Some(probe::command_probe(
                &["sh", "-c", &asks_the_server("1 | 2")],
                2,
                150,
            )),
            readiness_probe: Some(probe::tcp_probe(POSTGRES, 3, 2)),
            liveness_probe: Some(probe::liveness(
                probe::STORE_GRACE_SECONDS,
                probe::command_probe(
                    &["sh", "-c", &asks_the_server("2")],
                    probe::COMMAND_PERIOD_SECONDS,
                    probe::COMMAND_FAILURES,
                ),
            )),
            lifecycle: Some(Lifecycle {
                // After SIGTERM alone, the server would wait until all clients have disconnected.
                pre_stop: Some(LifecycleHandler {
                    exec: Some(ExecAction {
                        command: Some(
                            ["pg_ctl", "stop", "--mode=fast", "--pgdata", DATA_DIRECTORY]
                                .map(str::to_owned)
                                .into(),
                        ),
                    }),
                    ..Default::default()
                }),
                ..Default::default()
            }),
            volume_mounts: Some(vec![
                pod::mount(stateful_set::VOLUME, VOLUME_DIRECTORY),
                pod::mount("socket", "/var/run/postgresql"),
                pod::read_only_mount("config", CONFIG_DIRECTORY),
                pod::read_only_mount("password", "/etc/fdp/password"),
            ]),
            ..Default::default()
        },
    )
}

/// A command that asks the server whether it takes connections, and fails if the exit code is among `failures`: 1 says not yet,
/// 2 that there is no answer. Codes above are not the server's: the image may lack the program.
fn asks_the_server(failures: &str) -> String {
    let seconds = probe::ANSWER_SECONDS;
    format!(
        "pg_isready --host=127.0.0.1 --port={PORT} --username=postgres --dbname=postgres --timeout={seconds} --quiet; \
         case $? in {failures}) exit 1 ;; esac"
    )
}
