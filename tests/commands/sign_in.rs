//! Tests that the setup says which server refuses the passwords of its clients, that the condition has those words and what to do, and
//! that doing it helps: the administrator's password of the managed PostgreSQL, and MongoDB's.

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
    sync::Arc,
};

use fdp_crds::{FoodDeliveryPlatform, condition};
use fdp_operator::{
    model::observed::Observed,
    plan::{plan, setup},
    settings::Settings,
    spec::Validated,
};
use k8s_openapi::api::core::v1::Pod as KubePod;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    pod::{PASSWORD, said},
    postgres::{self, IMAGE},
    running::Running,
    wait::until,
};

const REFUSING_MONGODB: &str = include_str!("stand_ins/mongodb_refuses.py");
/// Nobody listens there, so that the setup goes on to wait for it.
const AWAY: &str = "127.0.0.1:1";

/// What the setup writes for the operator as it ends, when it is started with this command and these variables.
fn last_words(mut command: Command, variables: &[(&str, &str)]) -> String {
    let directory = TempDir::new().unwrap();
    let databases = directory.path().join("databases");
    fs::create_dir(&databases).unwrap();
    fs::write(databases.join("pay"), PASSWORD).unwrap();
    let words = directory.path().join("words");
    let output = command
        .arg(fdp_checkout::programs().join("setup"))
        .arg("--clash-file")
        .arg(&words)
        .env("DATABASES_DIR", &databases)
        .env("KAFKA_BROKERS", AWAY)
        .envs(variables.iter().copied())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(!output.status.success(), "{}", said(&output));
    fs::read_to_string(&words).unwrap_or_else(|error| panic!("{error}: {}", said(&output)))
}

/// The condition of the databases of a platform whose setup has ended with these words.
fn database_ready(spec: &Value, words: &str) -> String {
    let platform: FoodDeliveryPlatform = serde_json::from_value(json!({
        "apiVersion": "fooddelivery.dev/v1alpha1", "kind": "FoodDeliveryPlatform",
        "metadata": { "name": "shop", "namespace": "food" }, "spec": spec,
    }))
    .unwrap();
    let platform = Validated::new(&platform, &Settings::default()).unwrap();
    let mut observed = Observed::default();
    let job = setup::job_name(&platform, &observed);
    let pod: KubePod = serde_json::from_value(json!({
        "metadata": { "name": format!("{job}-x"), "labels": {
            "app.kubernetes.io/name": "setup", "batch.kubernetes.io/job-name": job } },
        "status": { "phase": "Running", "containerStatuses": [{
            "name": "setup", "image": "setup", "imageID": "", "ready": false, "restartCount": 1,
            "state": { "waiting": { "reason": "CrashLoopBackOff" } },
            "lastState": { "terminated": { "exitCode": 1, "message": words } } }] },
    }))
    .unwrap();
    observed.pods = vec![Arc::new(pod)];
    let assessment = plan(&platform, &observed).assessment;
    let condition = assessment.condition(condition::DATABASE_READY).unwrap();
    format!(
        "{} {}: {}",
        condition.status.as_str(),
        condition.reason.as_str(),
        condition.message
    )
}

/// Enters the network of a container, as another pod of the cluster would reach its Service.
fn beside(running: &Running) -> Command {
    let mut enter = Command::new("nsenter");
    enter
        .arg(format!("--target={}", running.first_process()))
        .args(["--net", "--"]);
    enter
}

/// Whether the administrator can sign in to PostgreSQL with that password.
fn opens(running: &Running, password: &str) -> bool {
    let mut psql = beside(running);
    psql.args([
        "psql",
        "-X",
        "-h",
        "127.0.0.1",
        "-U",
        "postgres",
        "-c",
        "SELECT 1",
        "postgres",
    ]);
    psql.env("PGPASSWORD", password)
        .output()
        .unwrap()
        .status
        .success()
}

#[test]
#[ignore = "needs root and PostgreSQL"]
fn a_changed_password_of_the_administrator_is_told_until_postgresql_is_restarted() {
    let pod = postgres::pod();
    let running = Running::start(pod.starts("postgres", &IMAGE));
    postgres::started(&pod, &running);
    // Somebody changes the Secret; the server has the password with which it was started.
    pod.writes_secret("password", "changed");
    let words = last_words(
        beside(&running),
        &[
            ("POSTGRES_URL", "postgres://postgres@127.0.0.1:5432/postgres"),
            ("PGPASSWORD", "changed"),
        ],
    );
    assert!(
        words.starts_with("SignInRefused postgres: password authentication failed for user \"postgres\""),
        "{words}"
    );
    let told = database_ready(&json!({}), &words);
    assert!(
        told.starts_with("False SignInRefused: ")
            && told.contains("; postgres: password authentication failed"),
        "{told}"
    );
    assert!(
        told.contains("kubectl rollout restart statefulset shop-postgres -n food"),
        "{told}"
    );
    assert!(opens(&running, PASSWORD) && !opens(&running, "changed"));

    // What the condition says to do: the pod starts again.
    drop(running);
    let running = Running::start(pod.starts("postgres", &IMAGE));
    postgres::started(&pod, &running);
    assert!(opens(&running, "changed") && !opens(&running, PASSWORD));
}

/// A server of MongoDB's protocol that refuses whoever signs in; its address.
fn refusing_mongodb(directory: &Path) -> (Running, String) {
    let program = directory.join("mongodb_refuses.py");
    fs::write(&program, REFUSING_MONGODB).unwrap();
    let port = directory.join("port");
    let mut python = Command::new("python3");
    python.arg(&program).arg(&port);
    let running = Running::start(python);
    let address = until("the stand-in listens", || {
        let port = fs::read_to_string(&port).unwrap_or_default();
        port.strip_suffix('\n')
            .map(|port| format!("127.0.0.1:{port}"))
            .ok_or_else(|| "not yet".to_owned())
    });
    (running, address)
}

#[test]
#[ignore = "needs Python"]
fn a_mongodb_that_refuses_the_password_is_told_with_what_to_do() {
    let directory = TempDir::new().unwrap();
    let (_running, address) = refusing_mongodb(directory.path());
    let url = format!("mongodb://root:{PASSWORD}@{address}/order?authSource=admin");
    let words = last_words(
        Command::new("env"),
        &[
            ("POSTGRES_URL", "postgres://postgres@127.0.0.1:1/postgres"),
            ("MONGODB_URL", &url),
        ],
    );
    assert!(
        words.starts_with("SignInRefused mongodb: ") && words.contains("Authentication failed."),
        "{words}"
    );
    let told = database_ready(&json!({ "mongodb": { "provider": "Managed" } }), &words);
    assert!(
        told.starts_with("False SignInRefused: ") && told.contains("; mongodb: "),
        "{told}"
    );
    let way = "kubectl rollout restart statefulset shop-mongodb -n food";
    assert!(told.contains(way), "{told}");
}
