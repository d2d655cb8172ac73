//! The only process of a cluster outside its namespaces: it holds the loopback ports and ends the cluster when it
//! should end.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use nix::unistd::{getpid, setsid};
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::options::Lifetime;
use crate::process::Process;
use crate::spec::{Spec, read_json, write_json};
use crate::wait::{Poll, until};
use crate::{cgroups, forward};

const FILE: &str = "processes.json";
const START_LIMIT: Duration = Duration::from_secs(10);

/// The two processes that the cluster depends on: when one of them ends, the cluster ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Processes {
    pub(crate) keeper: Process,
    /// Process 1 of the cluster's namespaces; its process ID is that outside the namespaces.
    pub(crate) supervisor: Process,
}

impl Processes {
    /// The processes of the cluster with the state directory `state`, as recorded at its start.
    pub(crate) fn read(state: &Path) -> Result<Option<Self>> {
        read_json(&state.join(FILE))
    }

    /// Whether both are still running.
    pub(crate) fn are_alive(self) -> bool {
        self.keeper.is_alive() && self.supervisor.is_alive()
    }

    /// Ends the cluster. The kernel ends all processes in its namespaces before the supervisor is gone.
    pub(crate) fn end(self) -> Result<()> {
        self.supervisor.end("the cluster's supervisor")?;
        // The keeper notices that, reaps its children and exits; if it hangs, it is killed.
        let what = "the cluster's keeper";
        self.keeper.wait_for_end(what).or_else(|_| self.keeper.end(what))
    }
}

/// The cgroup, in every hierarchy, that contains all other cgroups of a cluster.
pub(crate) fn control_group(spec: &Spec) -> String {
    format!("fdp-{}", spec.identity)
}

/// Starts the keeper of the cluster described by the file `spec_file`; `agent` is this crate's program.
pub(crate) fn spawn(agent: &Path, spec: &Spec, spec_file: &Path) -> Result<Child> {
    let log = spec.log("keeper");
    let open = || {
        File::options()
            .create(true)
            .append(true)
            .open(&log)
            .map_err(Error::file("open", &log))
    };
    let lifeline = match spec.lifetime {
        Lifetime::Detached => Stdio::null(),
        Lifetime::WithParent => Stdio::piped(),
    };
    Command::new(agent)
        .arg("keep")
        .arg(spec_file)
        .stdin(lifeline)
        .stdout(open()?)
        .stderr(open()?)
        .current_dir("/")
        .spawn()
        .map_err(|source| Error::Start {
            program: agent.display().to_string(),
            source,
        })
}

/// Runs the cluster described by `spec_file` until its namespaces end, or until its parent ends if its lifetime is
/// that of the parent.
pub fn keep(spec_file: &Path) -> Result<()> {
    let state = spec_file.parent().unwrap_or(Path::new("/"));
    let Some(spec) = Spec::read(state)? else {
        return Err(Error::file("read", spec_file)(io::Error::from(
            io::ErrorKind::NotFound,
        )));
    };
    // Ctrl-C or a hang-up of the caller's terminal must not end the cluster.
    setsid().map_err(Error::kernel("start a session"))?;
    let ports = forward::bind(&spec)?;
    let mut namespaces = start_namespaces(spec_file)?;
    let supervisor = supervisor_of(&namespaces, &spec)?;
    let path = format!("/proc/{}/ns/net", supervisor.id);
    let network = File::open(&path).map_err(Error::file("open", &path))?;
    forward::serve(ports, &network)?;
    if let Some(keeper) = Process::of(getpid().as_raw()) {
        write_json(&state.join(FILE), &Processes { keeper, supervisor })?;
    }
    if spec.lifetime == Lifetime::WithParent {
        thread::spawn(move || {
            // The other end of standard input is closed when the parent ends, even if it is killed.
            let _ = io::stdin().read_to_end(&mut Vec::new());
            let _ = supervisor.end("the cluster's supervisor");
        });
    }
    let status = namespaces
        .wait()
        .map_err(Error::file("wait for", "the cluster's namespaces"))?;
    eprintln!("the cluster ended: {status}");
    if spec.lifetime == Lifetime::WithParent {
        cgroups::remove(&control_group(&spec))?;
        fs::remove_dir_all(&spec.state).map_err(Error::file("remove", &spec.state))?;
    }
    Ok(())
}

/// Starts the supervisor as process 1 of new namespaces, all of which end when this process ends.
fn start_namespaces(spec_file: &Path) -> Result<Child> {
    let agent = std::env::current_exe().map_err(Error::file("find", "the running program"))?;
    Command::new("setpriv")
        .args([
            "--pdeathsig",
            "KILL",
            "unshare",
            "--mount",
            "--propagation",
            "private",
            "--pid",
            "--fork",
        ])
        .args(["--kill-child=KILL", "--mount-proc", "--net", "--"])
        .arg(agent)
        .arg("supervise")
        .arg(spec_file)
        .stdin(Stdio::null())
        .spawn()
        .map_err(|source| Error::Start {
            program: "setpriv unshare".to_owned(),
            source,
        })
}

fn supervisor_of(namespaces: &Child, spec: &Spec) -> Result<Process> {
    let parent = i32::try_from(namespaces.id()).ok().and_then(Process::of);
    until(
        "the cluster's supervisor to start",
        START_LIMIT,
        &spec.log("keeper"),
        || {
            Ok(match parent.and_then(Process::child) {
                Some(supervisor) => Poll::Done(supervisor),
                None => Poll::NotYet("no process in the new namespaces".to_owned()),
            })
        },
    )
}
