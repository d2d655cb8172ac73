//! Process 1 of a cluster's namespaces: it prepares them, and starts and restarts every component.
//!
//! Each node is a thread with its own network and mount namespace, which its components inherit.

use std::collections::HashMap;
use std::fs::{self, File, OpenOptions};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use nix::sched::{CloneFlags, unshare};
use nix::sys::wait::{WaitStatus, wait};

use crate::command::run_with_input;
use crate::components::{self, Component};
use crate::error::{Error, Result};
use crate::network::{self, Node};
use crate::spec::Spec;
use crate::{cgroups, configuration, layout, mounts};

/// The delay before an ended component is restarted.
const REST: Duration = Duration::from_millis(500);

/// An ended process: its process ID and how it ended.
type Ended = (i32, String);

/// Runs the cluster until this process is killed. Must be process 1 of new namespaces.
pub fn supervise(spec_file: &Path) -> Result<()> {
    let state = spec_file.parent().unwrap_or(Path::new("/"));
    let Some(spec) = Spec::read(state)? else {
        let missing = std::io::Error::from(std::io::ErrorKind::NotFound);
        return Err(Error::file("read", spec_file)(missing));
    };
    mounts::let_go_of_foreign_mounts(&[&spec.state, &spec.binaries, Path::new("/usr"), Path::new("/etc")])?;
    mounts::private_run(&spec.state, &spec.binaries)?;
    for node in Node::all(spec.nodes) {
        cgroups::create(&configuration::cgroup(&spec.identity, node))?;
    }
    ip(&network::control_plane_commands(spec.nodes))?;
    forward_packets()?;

    // The reaper below would take the exit status of the short programs that set up the network, so it starts last.
    let (mut listeners, mut starts) = (Vec::new(), Vec::new());
    for node in Node::all(spec.nodes) {
        let (ended, news) = channel();
        listeners.push(ended);
        starts.push(start_node(node, spec.nodes, news)?);
    }
    ip(&network::attach_commands(spec.nodes))?;

    let (ended, news) = channel();
    listeners.push(ended);
    thread::spawn(move || keep_running(&components::control_plane(spec.nodes), &news));
    for start in starts {
        // A node thread that has ended has already reported why.
        let _ = start.send(());
    }
    reap(&listeners)
}

/// Prepares a node in a new thread, and then returns a channel; a message on it starts the node's components.
fn start_node(node: Node, nodes: u8, news: Receiver<Ended>) -> Result<Sender<()>> {
    let (prepared, outcome) = channel();
    let (start, go) = channel();
    thread::spawn(move || {
        let result = prepare_node(node, nodes);
        let ready = result.is_ok();
        if prepared.send(result).is_ok() && ready && go.recv().is_ok() {
            keep_running(&components::node(node), &news);
        }
    });
    match outcome.recv() {
        Ok(result) => result.map(|()| start),
        Err(_) => Err(Error::Stopped {
            during: format!("preparing {}", node.name()),
            log: String::new(),
        }),
    }
}

fn prepare_node(node: Node, nodes: u8) -> Result<()> {
    unshare(CloneFlags::CLONE_NEWNS | CloneFlags::CLONE_NEWNET).map_err(Error::kernel(format!(
        "give {} namespaces of its own",
        node.name()
    )))?;
    mounts::private_run(Path::new(layout::STATE), Path::new(layout::BINARIES))?;
    mounts::bind(
        &layout::node_var(Path::new(layout::STATE), node),
        Path::new("/var"),
    )?;
    mounts::share_within_namespace()?;
    ip(&network::node_commands(node, nodes))?;
    forward_packets()
}

fn ip(batch: &str) -> Result<()> {
    run_with_input(
        Command::new("ip")
            .args(["-batch", "-"])
            .env("PATH", layout::SEARCH_PATH),
        batch,
    )
    .map(drop)
}

/// Enables IP forwarding in this thread's network namespace, and service addresses between pods of one bridge.
fn forward_packets() -> Result<()> {
    for setting in ["ipv4/ip_forward", "bridge/bridge-nf-call-iptables"] {
        let path = format!("/proc/sys/net/{setting}");
        fs::write(&path, "1").map_err(Error::file("write", &path))?;
    }
    Ok(())
}

/// Starts `components` and restarts each whenever it ends, until the channel is closed.
fn keep_running(components: &[Component], news: &Receiver<Ended>) {
    let mut running: HashMap<i32, &Component> = HashMap::new();
    let mut due: Vec<(Instant, &Component)> = components
        .iter()
        .map(|component| (Instant::now(), component))
        .collect();
    loop {
        let now = Instant::now();
        for (_, component) in due.extract_if(.., |(when, _)| *when <= now).collect::<Vec<_>>() {
            match start(component) {
                Ok(id) => {
                    running.insert(id, component);
                }
                Err(error) => {
                    eprintln!("{error}");
                    due.push((now + REST, component));
                }
            }
        }
        let patience = if due.is_empty() {
            Duration::from_hours(1)
        } else {
            REST
        };
        match news.recv_timeout(patience) {
            Ok((id, how)) => {
                if let Some(component) = running.remove(&id) {
                    eprintln!("{} ended ({how}) and will be restarted", component.name);
                    due.push((Instant::now() + REST, component));
                }
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}

fn start(component: &Component) -> Result<i32> {
    let path = Path::new(layout::STATE)
        .join("logs")
        .join(format!("{}.log", component.name));
    let open = || -> Result<File> {
        OpenOptions::new()
            .create(true)
            .append(true)
            .open(&path)
            .map_err(Error::file("open", &path))
    };
    let child = Command::new(&component.program)
        .args(&component.arguments)
        .env_clear()
        .env("PATH", layout::SEARCH_PATH)
        .env("HOME", "/root")
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(open()?)
        .stderr(open()?)
        .spawn()
        .map_err(|source| Error::Start {
            program: component.name.clone(),
            source,
        })?;
    Ok(i32::try_from(child.id()).unwrap_or(i32::MAX))
}

/// Reaps every process in the namespace that ends, including orphans of the container runtime, and tells the threads.
fn reap(listeners: &[Sender<Ended>]) -> Result<()> {
    loop {
        let ended = match wait() {
            Ok(WaitStatus::Exited(id, code)) => (id.as_raw(), format!("exit status {code}")),
            Ok(WaitStatus::Signaled(id, signal, _)) => (id.as_raw(), signal.to_string()),
            Ok(_) | Err(nix::Error::EINTR) => continue,
            // Nothing was started yet, or every component is waiting for its restart.
            Err(nix::Error::ECHILD) => {
                thread::sleep(REST);
                continue;
            }
            Err(error) => return Err(Error::kernel("wait for ended processes")(error)),
        };
        for listener in listeners {
            let _ = listener.send(ended.clone());
        }
    }
}
