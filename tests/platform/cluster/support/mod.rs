//! Helpers for the tests on real clusters: kubectl calls that fail the test with kubectl's output, and identities of
//! processes.

#![allow(dead_code, reason = "every test program uses its own part of this")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::fs;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use fdp_cluster::{Cluster, ClusterOptions, Lifetime};

/// Options for a cluster that ends with the test, on free ports.
pub(crate) fn options(name: &str) -> ClusterOptions {
    ClusterOptions {
        name: name.to_owned(),
        api_port: 0,
        lifetime: Lifetime::WithParent,
        ..ClusterOptions::default()
    }
}

/// Runs kubectl and returns its output; fails the test with its error output.
pub(crate) fn kubectl(cluster: &Cluster, arguments: &[&str]) -> String {
    let output = cluster
        .kubectl()
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        output.status.success(),
        "kubectl {}: {text}{}",
        arguments.join(" "),
        String::from_utf8_lossy(&output.stderr)
    );
    text
}

/// Applies a manifest.
pub(crate) fn apply(cluster: &Cluster, manifest: &str) {
    let mut child = cluster
        .kubectl()
        .args(["apply", "-f", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(manifest.as_bytes())
        .unwrap();
    assert!(child.wait().unwrap().success(), "kubectl refused {manifest}");
}

/// Polls until `look` returns a value.
pub(crate) fn eventually<T>(what: &str, limit: Duration, mut look: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(start.elapsed() < limit, "waited {limit:?} for {what}");
        thread::sleep(Duration::from_millis(200));
    }
}

/// The program under test, to test its command line.
pub(crate) fn program() -> Command {
    Command::new(fdp_checkout::programs().join("fdp-cluster"))
}

/// The identity of a process, distinguished by its start time from a later process with the same ID.
pub(crate) type Trace = (i32, String);

/// The process `root` and all its descendants.
pub(crate) fn family(root: i32) -> BTreeSet<Trace> {
    let everyone: Vec<(i32, i32, String)> = fs::read_dir("/proc")
        .unwrap()
        .filter_map(|entry| {
            let id: i32 = entry.ok()?.file_name().to_str()?.parse().ok()?;
            let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
            let fields: Vec<&str> = stat.rsplit(')').next()?.split_whitespace().collect();
            Some((id, fields[1].parse().ok()?, fields[19].to_owned()))
        })
        .collect();
    let mut found: BTreeSet<Trace> = everyone
        .iter()
        .filter(|one| one.0 == root)
        .map(|one| (one.0, one.2.clone()))
        .collect();
    loop {
        let ids: BTreeSet<i32> = found.iter().map(|one| one.0).collect();
        let more: Vec<Trace> = everyone
            .iter()
            .filter(|one| ids.contains(&one.1) && !ids.contains(&one.0))
            .map(|one| (one.0, one.2.clone()))
            .collect();
        if more.is_empty() {
            return found;
        }
        found.extend(more);
    }
}

/// The namespaces of these processes that are not those of this test.
pub(crate) fn namespaces(of: &BTreeSet<Trace>) -> BTreeSet<PathBuf> {
    let own = namespaces_of("self");
    of.iter()
        .flat_map(|(id, _)| namespaces_of(&id.to_string()))
        .filter(|one| !own.contains(one))
        .collect()
}

/// The namespaces of all processes on the machine.
pub(crate) fn all_namespaces() -> BTreeSet<PathBuf> {
    let ids = fs::read_dir("/proc")
        .unwrap()
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    ids.filter(|id| id.bytes().all(|byte| byte.is_ascii_digit()))
        .flat_map(|id| namespaces_of(&id))
        .collect()
}

fn namespaces_of(process: &str) -> BTreeSet<PathBuf> {
    ["mnt", "net", "pid", "ipc", "uts"]
        .iter()
        .filter_map(|kind| fs::read_link(format!("/proc/{process}/ns/{kind}")).ok())
        .collect()
}

/// The cgroups whose path contains `identity`.
pub(crate) fn control_groups(identity: &str) -> Vec<String> {
    let output = Command::new("find")
        .args(["/sys/fs/cgroup", "-type", "d", "-name"])
        .arg(format!("*{identity}*"))
        .output();
    String::from_utf8_lossy(&output.unwrap().stdout)
        .lines()
        .map(str::to_owned)
        .collect()
}

/// The network interfaces of this machine.
pub(crate) fn links() -> BTreeSet<String> {
    fs::read_dir("/sys/class/net")
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect()
}

/// The recorded process ID of the keeper or the supervisor of the cluster in `state`.
pub(crate) fn recorded(state: &std::path::Path, role: &str) -> i32 {
    let text = fs::read_to_string(state.join("processes.json")).unwrap();
    let record: serde_json::Value = serde_json::from_str(&text).unwrap();
    i32::try_from(record[role]["id"].as_i64().unwrap()).unwrap()
}
