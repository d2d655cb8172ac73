//! Free loopback ports that stay free while their server is down.

use anyhow::{Context, Result};
use std::net::TcpListener;
use std::sync::atomic::{AtomicU16, Ordering};

/// Below the range from which the kernel gives ports to outgoing connections: one of those would take the
/// port of a server that was just killed, and the server could not come back.
const LOWEST: u16 = 20_000;
const HIGHEST: u16 = 32_000;

/// How many ports this process has looked at.
static LOOKED_AT: AtomicU16 = AtomicU16::new(0);

/// A port that nobody listens on, and that no other call in this process gives.
///
/// # Errors
/// When none is left.
pub fn free() -> Result<u16> {
    // Two test runs start at different places, so that they rarely meet.
    let first = LOWEST + u16::try_from(std::process::id() % 190)? * 60;
    let candidates =
        std::iter::repeat_with(|| first.saturating_add(LOOKED_AT.fetch_add(1, Ordering::Relaxed)))
            .take_while(|port| *port < HIGHEST);
    first_free(candidates)
        .with_context(|| format!("no free port between {first} and {HIGHEST}: stop some server"))
}

fn first_free(mut candidates: impl Iterator<Item = u16>) -> Option<u16> {
    candidates.find(|port| {
        TcpListener::bind(("127.0.0.1", *port)).is_ok() && TcpListener::bind(("::", *port)).is_ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taken_port_is_passed_over() {
        let port = free().unwrap();
        let next = free().unwrap();
        let _taken = TcpListener::bind(("127.0.0.1", port)).unwrap();
        assert_eq!(first_free([port, next].into_iter()), Some(next));
    }
}
