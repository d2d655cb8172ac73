//! Ports that are in use, and the processes that use them.

use std::fs;
use std::io;
use std::net::{Ipv4Addr, TcpListener};

use crate::options::ClusterOptions;
use crate::problem::Problem;
use crate::{paths, process, registry};

/// The ports of `options` that another program uses. A running cluster may use its own.
pub(super) fn taken(options: &ClusterOptions) -> Vec<Problem> {
    if registry::running(&paths::state_dir(&options.name)).is_some() {
        return Vec::new();
    }
    std::iter::once((options.api_port, "the API server"))
        .chain(
            options
                .forwards
                .iter()
                .map(|forward| (forward.loopback_port, "a forward")),
        )
        .filter(|(port, _)| *port != 0)
        .filter_map(|(port, purpose)| {
            let error = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).err()?;
            if error.kind() != io::ErrorKind::AddrInUse {
                return Some(Problem::new(
                    format!("port {port}, for {purpose}, can't be used: {error}"),
                    "choose another port",
                ));
            }
            Some(in_use(port, purpose))
        })
        .collect()
}

fn in_use(port: u16, purpose: &str) -> Problem {
    if let Some(other) = registry::all_running().into_iter().find(|spec| {
        spec.api_port == port || spec.forwards.iter().any(|forward| forward.loopback_port == port)
    }) {
        return Problem::new(
            format!(
                "port {port}, for {purpose}, is held by cluster {} of {}",
                other.name,
                other.checkout.display()
            ),
            format!(
                "take it down (`fdp-cluster --name {} down` in {}), or choose another port",
                other.name,
                other.checkout.display()
            ),
        );
    }
    match holder(port) {
        Some((id, name)) => Problem::new(
            format!("port {port}, for {purpose}, is held by {name} (process {id})"),
            "end that program, or choose another port",
        ),
        None => Problem::new(
            format!("port {port}, for {purpose}, is taken"),
            "choose another port",
        ),
    }
}

/// The process that listens at a TCP port: its process ID and name.
fn holder(port: u16) -> Option<(i32, String)> {
    let table = ["/proc/net/tcp", "/proc/net/tcp6"]
        .iter()
        .filter_map(|path| fs::read_to_string(path).ok());
    let sockets: Vec<String> = table
        .flat_map(|text| listening_inodes(&text, port))
        .map(|inode| format!("socket:[{inode}]"))
        .collect();
    let holds = |id: &i32| {
        let descriptors = fs::read_dir(format!("/proc/{id}/fd"))
            .into_iter()
            .flatten()
            .flatten();
        descriptors
            .filter_map(|descriptor| fs::read_link(descriptor.path()).ok())
            .any(|target| sockets.iter().any(|socket| target.as_os_str() == socket.as_str()))
    };
    let holders: Vec<i32> = process::all().filter(holds).collect();
    // Between fork and exec a child shares the sockets of its parent, so the parent is reported.
    let id = holders
        .iter()
        .copied()
        .find(|id| process::parent(*id).is_none_or(|parent| !holders.contains(&parent)))?;
    let name = fs::read_to_string(format!("/proc/{id}/comm")).map(|name| name.trim().to_owned());
    Some((id, name.unwrap_or_else(|_| "a program".to_owned())))
}

/// The inodes of sockets that listen at `port`, from the text of `/proc/net/tcp`.
fn listening_inodes(table: &str, port: u16) -> Vec<u64> {
    const LISTEN: &str = "0A";
    table
        .lines()
        .filter_map(|line| {
            let fields: Vec<&str> = line.split_whitespace().collect();
            let local = fields.get(1)?.rsplit(':').next()?;
            let here = u16::from_str_radix(local, 16).ok()? == port && *fields.get(3)? == LISTEN;
            here.then(|| fields.get(9)?.parse().ok()).flatten()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_holder_of_a_port_is_named() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (id, _) = holder(port).unwrap();
        assert_eq!(id, i32::try_from(std::process::id()).unwrap());
        let problem = in_use(port, "the API server").to_string();
        assert!(
            problem.contains(&port.to_string()) && problem.contains(" — "),
            "{problem}"
        );
        assert_eq!(holder(fdp_ports::free().unwrap()), None);
    }

    #[test]
    fn a_taken_port_is_a_problem_and_a_free_one_is_not() {
        let problems = |api_port| {
            taken(&ClusterOptions {
                name: "never-started".to_owned(),
                api_port,
                ..ClusterOptions::default()
            })
        };
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        assert_eq!(problems(listener.local_addr().unwrap().port()).len(), 1);
        assert_eq!(problems(fdp_ports::free().unwrap()).len(), 0);
    }
}
