//! Tests the start of the managed PostgreSQL with Debian's server and the pod's script, probes and files.

use crate::{
    emitted,
    pod::{Pod, said, strings, succeeds},
    probe,
    running::Running,
    wait::until,
};

/// Variables of the image: the path of PostgreSQL's programs.
pub(crate) const IMAGE: [(&str, &str); 1] = [("PATH", "/usr/lib/postgresql/15/bin:/usr/bin:/bin")];

pub(crate) fn pod() -> Pod {
    let pod = Pod::of(&emitted::objects("minimal.yaml"), "StatefulSet", "shop-postgres");
    pod.adds(
        "/etc/passwd",
        "root:x:0:0::/:/bin/sh\npostgres:x:999:999::/:/bin/sh\n",
        0o644,
    );
    pod
}

/// Waits until the pod's startup probe succeeds.
pub(crate) fn started(pod: &Pod, running: &Running) {
    let probe = strings(&pod.container("postgres")["startupProbe"]["exec"]["command"]);
    until("the startup probe", || {
        let output = pod
            .executes_in(running, "postgres", &probe, &IMAGE)
            .output()
            .unwrap();
        output.status.success().then_some(()).ok_or_else(|| said(&output))
    });
}

#[test]
#[ignore = "needs root and PostgreSQL"]
fn postgresql_starts_after_an_initialisation_that_was_interrupted() {
    let pod = pod();
    let unfinished = pod.volume("data").join("pgdata.new/PG_VERSION");
    let first = Running::start(pod.starts("postgres", &IMAGE));
    until("initdb is at work", || {
        unfinished
            .exists()
            .then_some(())
            .ok_or_else(|| "nothing of it".to_owned())
    });
    drop(first);
    let second = Running::start(pod.starts("postgres", &IMAGE));
    started(&pod, &second);
    drop(second);
    pod.writes_secret("password", "changed");
    let third = Running::start(pod.starts("postgres", &IMAGE));
    started(&pod, &third);
    drop(third);
}

#[test]
#[ignore = "needs root and PostgreSQL"]
fn the_hook_of_postgresql_stops_it_and_loses_nothing() {
    let pod = pod();
    // The hook needs the server's namespaces, so it runs in the same command after the script.
    let hook = strings(&pod.container("postgres")["lifecycle"]["preStop"]["exec"]["command"]).join(" ");
    let start = strings(&pod.container("postgres")["command"]).join(" ");
    let both = format!(
        "{start} & until grep -q ^ready {pid} && kill -0 $(head -n 1 {pid}); do kill -0 $! || exit 1; sleep 0.1; done
        {hook}; wait",
        pid = "/var/lib/postgresql/data/pgdata/postmaster.pid"
    );
    let command = ["bash", "-c", &both].map(str::to_owned);
    let stopped = succeeds(pod.executes("postgres", &command, &IMAGE));
    assert!(stopped.contains("server stopped"), "{stopped}");
}

#[test]
#[ignore = "needs root and PostgreSQL"]
fn postgresql_that_hangs_answers_nobody_until_it_goes_on() {
    let pod = pod();
    let running = Running::start(pod.starts("postgres", &IMAGE));
    probe::tells_what_hangs(&pod, &running, "postgres", &IMAGE);
}

#[test]
#[ignore = "needs root and PostgreSQL"]
fn postgresql_that_is_not_there_has_not_started_and_does_not_live() {
    let pod = pod();
    for asked in ["startupProbe", "livenessProbe"] {
        let probe = strings(&pod.container("postgres")[asked]["exec"]["command"]);
        let output = pod.executes("postgres", &probe, &IMAGE).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{asked}: {}", said(&output));
    }
}
