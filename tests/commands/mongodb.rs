//! Tests the start of the managed MongoDB, interrupted at each of its steps, with stubs for `mongod` and its shell,
//! which are not available here; they follow MongoDB's manual and report each step. What its probe asks, servers of the same
//! protocol answer.

use std::{fs, os::unix::fs::PermissionsExt as _, process::Command};

use fdp_test_mongodb::StandIn;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    emitted,
    pod::{PASSWORD, Pod, names, strings},
    probe,
    running::Running,
    wait::until,
};

/// The programs of the image that are replaced by stubs, and programs of this machine that are steps too.
const STAND_INS: [(&str, &str); 3] = [
    ("step", include_str!("stand_ins/step")),
    ("mongod", include_str!("stand_ins/mongod")),
    ("mongosh", include_str!("stand_ins/mongosh")),
];
const STEPS: [&str; 4] = ["find", "rm", "sync", "touch"];

struct Server {
    pod: Pod,
    steps: TempDir,
}

/// How far a start came.
#[derive(Debug, PartialEq)]
enum Came {
    ToItsStep,
    ToClients,
}

impl Server {
    fn new() -> Self {
        let mut pod = Pod::of(&emitted::objects("managed.yaml"), "StatefulSet", "shop-mongodb");
        for (name, program) in STAND_INS {
            pod.adds(&format!("/usr/local/bin/{name}"), program, 0o755);
        }
        for name in STEPS {
            let program = format!("#!/bin/sh\nstep {name} && exec /usr/bin/{name} \"$@\"\n");
            pod.adds(&format!("/usr/local/bin/{name}"), &program, 0o755);
        }
        let steps = TempDir::new().unwrap();
        fs::set_permissions(steps.path(), fs::Permissions::from_mode(0o777)).unwrap();
        pod.shows(steps.path().to_owned(), "/steps", "rw");
        Self { pod, steps }
    }

    /// Starts it, and kills it at the step with that number, or when it serves clients.
    fn starts(&self, stop_at: usize) -> Came {
        for file in names(self.steps.path()) {
            fs::remove_file(self.steps.path().join(file)).unwrap();
        }
        let stop_at = stop_at.to_string();
        let command = self
            .pod
            .starts("mongodb", &[("STOP_AT", &stop_at), ("HOME", "/data/db")]);
        let mut running = Running::start(command);
        until("the start of MongoDB", || self.came(&mut running))
    }

    fn came(&self, running: &mut Running) -> Result<Came, String> {
        let there = |name: &str| self.steps.path().join(name).exists();
        if there("stopped") {
            return Ok(Came::ToItsStep);
        }
        if there("serves") {
            return Ok(Came::ToClients);
        }
        let steps = fs::read_to_string(self.steps.path().join("done")).unwrap_or_default();
        if let Some(status) = running.ended() {
            panic!("it ended, {status}, after:\n{steps}");
        }
        Err(steps)
    }

    /// Starts it without interruption.
    fn serves(&self) {
        assert_eq!(self.starts(0), Came::ToClients);
        assert!(!self.holds("initialisation-unfinished"));
    }

    fn holds(&self, name: &str) -> bool {
        self.pod.volume("data").join(name).exists()
    }

    fn administrator(&self) -> Value {
        let users = fs::read(self.pod.volume("data").join("users.json")).unwrap();
        serde_json::from_slice::<Value>(&users).unwrap()["root"].clone()
    }

    /// Adds a file to the volume, as an earlier server or client would have.
    fn adds(&self, name: &str, content: &str) {
        let file = self.pod.volume("data").join(name);
        fs::write(&file, content).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o666)).unwrap();
    }
}

fn administrator_with(password: &str) -> Value {
    json!({ "password": password, "roles": [{ "role": "root", "db": "admin" }] })
}

#[test]
#[ignore = "needs root, Python and Node.js"]
fn mongodb_interrupted_at_any_first_step_has_its_user_after_the_next_start() {
    for step in 1.. {
        let server = Server::new();
        let came = server.starts(step);
        if came == Came::ToClients {
            assert!(step > 15, "only {step} steps were seen");
            break;
        }
        // The second start is interrupted while it removes the files of the first.
        server.starts(2);
        server.serves();
        assert_eq!(
            server.administrator(),
            administrator_with(PASSWORD),
            "step {step}"
        );
        assert!(server.holds("lost+found"), "step {step}");
    }
}

#[test]
#[ignore = "needs root, Python and Node.js"]
fn mongodb_interrupted_later_keeps_its_data_and_follows_the_secret() {
    let server = Server::new();
    server.serves();
    server.adds("orders", "those of clients");
    for step in 1.. {
        let password = format!("changed-{step}");
        server.pod.writes_secret("password", &password);
        let came = server.starts(step);
        server.serves();
        assert_eq!(
            server.administrator(),
            administrator_with(&password),
            "step {step}"
        );
        assert!(server.holds("orders"), "step {step}");
        if came == Came::ToClients {
            assert!(step > 6, "only {step} steps were seen");
            break;
        }
    }
}

#[test]
#[ignore = "needs root, Python and Node.js"]
fn a_volume_of_the_images_entry_point_serves_on_even_without_a_user() {
    for users in [json!({ "root": administrator_with("lost") }), json!({})] {
        let server = Server::new();
        for file in [
            "WiredTiger.lock",
            "WiredTiger",
            "WiredTiger.wt",
            "storage.bson",
            "orders",
        ] {
            server.adds(file, "of before");
        }
        server.adds("users.json", &users.to_string());
        server.serves();
        assert_eq!(server.administrator(), administrator_with(PASSWORD));
        assert!(server.holds("orders"));
    }
}

#[test]
#[ignore = "needs root, Python and Node.js"]
fn files_that_mongodb_did_not_make_are_never_removed() {
    let server = Server::new();
    server.adds("backup.archive", "somebody's");
    assert_eq!(server.starts(4), Came::ToItsStep);
    assert!(!server.holds("initialisation-unfinished"));
    assert!(server.holds("backup.archive"));
}

#[test]
#[ignore = "needs Java, Maven and Go"]
fn servers_of_its_protocol_answer_what_mongodb_is_asked_until_they_hang() {
    let pod = Pod::of(&emitted::objects("managed.yaml"), "StatefulSet", "shop-mongodb");
    let liveness = &pod.container("mongodb")["livenessProbe"];
    for stand_in in [StandIn::MongoJavaServer, StandIn::FerretDb] {
        let server = fdp_test_mongodb::Server::start(stand_in).unwrap();
        // A server from the environment is not ours to stop.
        let Some(process) = server.process() else { continue };
        let (_, port) = server.url().rsplit_once(':').unwrap();
        let port = format!("/{port} ");
        let words: Vec<String> = strings(&liveness["exec"]["command"])
            .iter()
            .map(|word| word.replace("/27017 ", &port))
            .collect();
        probe::tells_when_stopped(liveness, &process.to_string(), || {
            let mut command = Command::new(&words[0]);
            command.args(&words[1..]);
            command
        });
    }
}
