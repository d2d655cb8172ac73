//! Forwards connections from the host's loopback address into the cluster's network namespace.

use std::fs::File;
use std::io;
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use nix::sched::{CloneFlags, setns};

use crate::error::{Error, Result};
use crate::network::{API_PORT, CONTROL_PLANE, Node};
use crate::spec::Spec;

const CONNECT_LIMIT: Duration = Duration::from_secs(5);
const REST: Duration = Duration::from_millis(50);

/// A bound port and its target.
#[derive(Debug)]
pub(crate) struct Listening {
    listener: TcpListener,
    target: SocketAddr,
}

/// Binds all forwarded ports of a cluster. Must be called in the host's network namespace.
pub(crate) fn bind(spec: &Spec) -> Result<Vec<Listening>> {
    let node_port = |port| SocketAddr::from((Node(1).address(), port));
    std::iter::once((spec.api_port, SocketAddr::from((CONTROL_PLANE, API_PORT))))
        .chain(
            spec.forwards
                .iter()
                .map(|forward| (forward.loopback_port, node_port(forward.node_port))),
        )
        .map(|(port, target)| {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))
                .map_err(Error::file("listen at", format!("127.0.0.1:{port}")))?;
            Ok(Listening { listener, target })
        })
        .collect()
}

/// Serves the ports until this process ends, and connects to the targets from the network namespace `namespace`.
pub(crate) fn serve(ports: Vec<Listening>, namespace: &File) -> Result<()> {
    for port in ports {
        let namespace = namespace
            .try_clone()
            .map_err(Error::file("duplicate", "a network namespace"))?;
        thread::spawn(move || {
            // This changes the namespace of this thread only: the listeners stay where they were bound, and threads
            // started here inherit the new namespace.
            match setns(&namespace, CloneFlags::CLONE_NEWNET) {
                Ok(()) => accept(&port),
                Err(error) => eprintln!("cannot enter the cluster's network: {error}"),
            }
        });
    }
    Ok(())
}

fn accept(port: &Listening) {
    loop {
        match port.listener.accept() {
            Ok((client, _)) => {
                let target = port.target;
                if let Err(error) = thread::Builder::new().spawn(move || carry(&client, target)) {
                    eprintln!("cannot forward a connection to {target}: {error}");
                }
            }
            Err(error) => {
                eprintln!("cannot accept a connection for {}: {error}", port.target);
                thread::sleep(REST);
            }
        }
    }
}

/// If the target does not accept the connection, the client's connection is closed.
fn carry(client: &TcpStream, target: SocketAddr) {
    let Ok(server) = TcpStream::connect_timeout(&target, CONNECT_LIMIT) else {
        return;
    };
    let _ = client.set_nodelay(true);
    let _ = server.set_nodelay(true);
    thread::scope(|scope| {
        scope.spawn(|| pour(client, &server));
        pour(&server, client);
    });
}

/// Copies one direction until its end, and then closes the other side for writing.
fn pour(mut from: &TcpStream, mut to: &TcpStream) {
    let ended_well = io::copy(&mut from, &mut to).is_ok();
    let _ = to.shutdown(Shutdown::Write);
    if !ended_well {
        // If one direction fails, the connection is useless, so both directions are closed.
        let _ = from.shutdown(Shutdown::Both);
        let _ = to.shutdown(Shutdown::Both);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read as _, Write as _};

    #[test]
    fn bytes_and_half_closed_connections_pass_both_ways() {
        let server = TcpListener::bind("127.0.0.1:0").unwrap();
        let target = server.local_addr().unwrap();
        let port = Listening {
            listener: TcpListener::bind("127.0.0.1:0").unwrap(),
            target,
        };
        let entrance = port.listener.local_addr().unwrap();
        thread::spawn(move || accept(&port));
        let answering = thread::spawn(move || {
            let (mut connection, _) = server.accept().unwrap();
            let mut question = String::new();
            connection.read_to_string(&mut question).unwrap();
            connection.write_all(question.to_uppercase().as_bytes()).unwrap();
        });
        let mut client = TcpStream::connect(entrance).unwrap();
        client.write_all(b"hungry").unwrap();
        client.shutdown(Shutdown::Write).unwrap();
        let mut answer = String::new();
        client.read_to_string(&mut answer).unwrap();
        assert_eq!(answer, "HUNGRY");
        answering.join().unwrap();
    }

    #[test]
    fn a_connection_to_nowhere_is_closed() {
        let nowhere = SocketAddr::from((Ipv4Addr::LOCALHOST, fdp_ports::free().unwrap()));
        let port = Listening {
            listener: TcpListener::bind("127.0.0.1:0").unwrap(),
            target: nowhere,
        };
        let entrance = port.listener.local_addr().unwrap();
        thread::spawn(move || accept(&port));
        let mut client = TcpStream::connect(entrance).unwrap();
        assert_eq!(client.read(&mut [0; 1]).unwrap_or(0), 0);
    }
}
