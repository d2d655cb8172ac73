//! Chooses loopback ports that stay free until a server listens at them.
//!
//! A server in another process must know its port before it starts, and must get the same port again after it was
//! killed. So the port has to stay free while nobody listens at it:
//!
//! - Other users of this crate, in any process, are excluded by a reservation: a socket with an abstract name that
//!   contains the port. In a network namespace only one socket can have a name, and the kernel releases it when the
//!   process ends.
//! - Outgoing connections are excluded because the ports are below the range that the kernel uses for them.
//! - Whether another program listens at a port is read from the kernel's tables. Listening there to find out would be
//!   wrong: a child process that is started at that time would hold the socket until it calls exec.

use std::fs;
use std::io;
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::process;
use std::sync::{Mutex, PoisonError};

/// Below the range from which the kernel chooses ports for outgoing connections.
const LOWEST: u16 = 20_000;
/// The node ports of `make up` begin here.
const HIGHEST: u16 = 30_000;
/// The kernel's lists of TCP sockets.
const TABLES: [&str; 2] = ["/proc/net/tcp", "/proc/net/tcp6"];
/// The state of a listening socket in these lists.
const LISTENS: &str = "0A";

/// The reservations of this process.
static RESERVED: Mutex<Vec<UnixDatagram>> = Mutex::new(Vec::new());

/// A port that nobody listens at, and that no other call returns, in this process or another, until this process
/// ends.
///
/// # Errors
/// When none is free, or the kernel's tables cannot be read.
pub fn free() -> io::Result<u16> {
    let listened_at = listened_at()?;
    // Each process begins at another port, so that the port of a process that has just ended is not used at once.
    let count = HIGHEST - LOWEST;
    let first = u16::try_from(process::id() % u32::from(count)).unwrap_or_default();
    let candidates = (0..count).map(|step| LOWEST + (first + step) % count);
    first_free(candidates, &listened_at).ok_or_else(|| {
        let text = format!("no port between {LOWEST} and {HIGHEST} is free: stop some server");
        io::Error::new(io::ErrorKind::AddrInUse, text)
    })
}

fn first_free(mut candidates: impl Iterator<Item = u16>, listened_at: &[u16]) -> Option<u16> {
    candidates.find(|port| !listened_at.contains(port) && reserve(*port))
}

/// Reserves the port, and returns whether that succeeded.
fn reserve(port: u16) -> bool {
    let bound = SocketAddr::from_abstract_name(format!("fdp-port-{port}"))
        .and_then(|name| UnixDatagram::bind_addr(&name));
    bound.is_ok_and(|reservation| {
        let mut reserved = RESERVED.lock().unwrap_or_else(PoisonError::into_inner);
        reserved.push(reservation);
        true
    })
}

/// The TCP ports at which some program listens, at any address.
fn listened_at() -> io::Result<Vec<u16>> {
    let mut ports = Vec::new();
    for table in TABLES {
        match fs::read_to_string(table) {
            Ok(text) => ports.extend(text.lines().filter_map(listening_port)),
            // IPv6 may be disabled.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Ok(ports)
}

/// The port in a line of the table if its socket listens: `0: 0100007F:4E20 00000000:0000 0A …`.
fn listening_port(line: &str) -> Option<u16> {
    let mut fields = line.split_whitespace().skip(1);
    let (_, port) = fields.next()?.rsplit_once(':')?;
    let state = fields.nth(1)?;
    (state == LISTENS)
        .then(|| u16::from_str_radix(port, 16).ok())
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;

    #[test]
    fn a_port_at_which_somebody_listens_is_passed_over() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let taken = listener.local_addr().unwrap().port();
        assert!(listened_at().unwrap().contains(&taken));
        assert_eq!(first_free([taken, 7, 8].into_iter(), &[taken, 7]), Some(8));
    }

    #[test]
    fn a_port_is_given_once() {
        let port = free().unwrap();
        assert!((LOWEST..HIGHEST).contains(&port));
        assert_eq!(first_free([port, 9].into_iter(), &[]), Some(9));
        assert_eq!(first_free([port, 9].into_iter(), &[]), None);
    }

    #[test]
    fn only_sockets_that_listen_count() {
        let listening = "   1: 0100007F:4E20 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 1 1";
        assert_eq!(listening_port(listening), Some(20_000));
        assert_eq!(listening_port(&listening.replace(" 0A ", " 01 ")), None);
        assert_eq!(
            listening_port("  sl  local_address rem_address   st tx_queue rx_queue"),
            None
        );
    }
}
