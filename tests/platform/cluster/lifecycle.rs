//! Tests that clusters start and stop completely, repeatedly, and no matter which process is killed.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use fdp_cluster::{ClusterOptions, Error, Lifetime, Silent, down, find, paths, preflight, up};
use support::{
    all_namespaces, control_groups, eventually, family, kubectl, links, namespaces, options, program,
    recorded,
};

const TIMEOUT: Duration = Duration::from_secs(30);

fn mounts() -> String {
    fs::read_to_string("/proc/mounts").unwrap()
}

/// One cluster at a time, because a machine may have only two cores.
fn alone() -> MutexGuard<'static, ()> {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Stops a cluster even if its test fails.
struct Cleanup(&'static str);

impl Drop for Cleanup {
    fn drop(&mut self) {
        let _ = down(self.0);
    }
}

#[test]
fn down_leaves_no_process_mount_link_control_group_or_namespace() {
    const NAME: &str = "test-traces";
    let _alone = alone();
    let _cleanup = Cleanup(NAME);
    down(NAME).unwrap();
    let (mounts_before, links_before) = (mounts(), links());

    let cluster = up(
        &ClusterOptions {
            lifetime: Lifetime::Detached,
            ..options(NAME)
        },
        &Silent,
    )
    .unwrap();
    let state = cluster.state().to_owned();
    let processes = family(recorded(&state, "keeper"));
    let theirs = namespaces(&processes);
    let identity = paths::identity(NAME, fdp_checkout::root());
    // The comparison below is only meaningful if all this existed.
    assert!(processes.len() > 12, "{processes:?}");
    assert!(theirs.len() > 6, "{theirs:?}");
    assert!(!control_groups(&identity).is_empty());
    assert_eq!(
        mounts_before,
        mounts(),
        "a running cluster shows in no mount of the host"
    );
    assert_eq!(links_before, links(), "nor in its network");

    cluster.down().unwrap();
    for process in &processes {
        assert!(
            !family(process.0).contains(process),
            "process {process:?} is left"
        );
    }
    let left: Vec<PathBuf> = all_namespaces().intersection(&theirs).cloned().collect();
    assert!(left.is_empty(), "namespaces {left:?} are left");
    assert_eq!(control_groups(&identity), Vec::<String>::new());
    assert_eq!(mounts_before, mounts());
    assert_eq!(links_before, links());
    assert!(!state.exists(), "the state is left");
    let lock = state.with_added_extension("lock");
    assert!(!lock.exists(), "{} is left", lock.display());
    down(NAME).unwrap();
}

#[test]
fn up_on_a_running_cluster_changes_nothing_and_up_after_a_kill_repairs() {
    const NAME: &str = "test-repair";
    let _alone = alone();
    let _cleanup = Cleanup(NAME);
    down(NAME).unwrap();
    let options = ClusterOptions {
        lifetime: Lifetime::Detached,
        ..options(NAME)
    };
    let cluster = up(&options, &Silent).unwrap();
    kubectl(&cluster, &["create", "configmap", "menu"]);
    let keeper = recorded(cluster.state(), "keeper");

    let same = up(&options, &Silent).unwrap();
    assert_eq!(recorded(same.state(), "keeper"), keeper);
    kubectl(&same, &["get", "configmap", "menu"]);
    let refusal = up(
        &ClusterOptions {
            nodes: 2,
            ..options.clone()
        },
        &Silent,
    )
    .unwrap_err();
    assert!(matches!(refusal, Error::OtherOptions { .. }), "{refusal}");
    let rival = ClusterOptions {
        name: "test-rival".to_owned(),
        api_port: same.api_port(),
        ..options.clone()
    };
    let problems: Vec<String> = preflight(&rival).iter().map(ToString::to_string).collect();
    let holder = format!("cluster {NAME} of {}", fdp_checkout::root().display());
    assert!(
        problems.len() == 1 && problems[0].contains(&holder),
        "{problems:?}"
    );

    let processes = family(keeper);
    Command::new("kill")
        .args(["-KILL", &keeper.to_string()])
        .status()
        .unwrap();
    eventually("everything to end with the keeper", TIMEOUT, || {
        processes
            .iter()
            .skip(1)
            .all(|one| !family(one.0).contains(one))
            .then_some(())
    });
    assert!(find(NAME).is_none());
    let repaired = up(&options, &Silent).unwrap();
    assert_ne!(recorded(repaired.state(), "keeper"), keeper);
    let menu = repaired
        .kubectl()
        .args(["get", "configmap", "menu"])
        .output()
        .unwrap();
    assert!(!menu.status.success(), "a new cluster starts empty");
    repaired.down().unwrap();
}

#[test]
fn a_killed_component_is_started_again() {
    const NAME: &str = "test-component";
    let _alone = alone();
    let _cleanup = Cleanup(NAME);
    let cluster = up(&options(NAME), &Silent).unwrap();
    for component in ["kube-apiserver", "kubelet", "kube-router"] {
        let find = || {
            family(recorded(cluster.state(), "keeper"))
                .into_iter()
                .find(|(id, _)| {
                    fs::read_to_string(format!("/proc/{id}/comm")).is_ok_and(|name| name.trim() == component)
                })
        };
        let before = eventually(component, TIMEOUT, find);
        Command::new("kill")
            .args(["-KILL", &before.0.to_string()])
            .status()
            .unwrap();
        eventually("a new process", TIMEOUT, || {
            find().filter(|after| *after != before)
        });
    }
    eventually("the API server", TIMEOUT, || {
        cluster
            .kubectl()
            .args(["get", "--raw=/readyz"])
            .output()
            .unwrap()
            .status
            .success()
            .then_some(())
    });
}

#[test]
fn a_cluster_ends_with_the_process_that_holds_it() {
    const NAME: &str = "test-parent";
    /// The variable for the process that holds the cluster: this test starts itself again with it.
    const HOLDER: &str = "FDP_CLUSTER_TEST_HOLDER";
    if std::env::var_os(HOLDER).is_some() {
        let _held = up(&options(NAME), &Silent).unwrap();
        loop {
            thread::park();
        }
    }
    let _alone = alone();
    let _cleanup = Cleanup(NAME);
    let mut holder = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "a_cluster_ends_with_the_process_that_holds_it"])
        .env(HOLDER, "1")
        .spawn()
        .unwrap();
    let state = eventually("the holder's cluster", Duration::from_mins(2), || {
        Some(find(NAME)?.state().to_owned())
    });
    let processes = family(recorded(&state, "keeper"));
    assert!(processes.len() > 12, "{processes:?}");

    holder.kill().unwrap();
    holder.wait().unwrap();
    eventually("everything to end with the holder", TIMEOUT, || {
        processes
            .iter()
            .all(|one| !family(one.0).contains(one))
            .then_some(())
    });
    assert!(!state.exists());
    assert_eq!(
        control_groups(&paths::identity(NAME, fdp_checkout::root())),
        Vec::<String>::new()
    );
}

#[test]
fn an_interrupted_up_is_repaired_by_the_next() {
    const NAME: &str = "test-interrupted";
    let _alone = alone();
    let _cleanup = Cleanup(NAME);
    down(NAME).unwrap();
    let mut first = program()
        .args(["--name", NAME, "up", "--api-port", "0"])
        .spawn()
        .unwrap();
    let record = paths::state_dir(NAME).join("processes.json");
    eventually("the cluster's processes", TIMEOUT, || {
        record.exists().then_some(())
    });
    first.kill().unwrap();
    first.wait().unwrap();
    let orphan = recorded(&paths::state_dir(NAME), "keeper");
    assert!(find(NAME).is_none(), "a half-started cluster is none");

    let cluster = up(
        &ClusterOptions {
            lifetime: Lifetime::Detached,
            ..options(NAME)
        },
        &Silent,
    )
    .unwrap();
    assert_ne!(recorded(cluster.state(), "keeper"), orphan);
    cluster.down().unwrap();
    assert!(family(orphan).is_empty());
}
