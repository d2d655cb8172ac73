//! How long connections and requests may continue after a service was told to stop.

use std::time::Duration;

/// How long connections stay open: longer than the 5 s for which the services' own clients keep an idle one.
pub(crate) const PEERS_KEEP_CONNECTIONS: Duration = Duration::from_secs(7);
/// The same for outside clients: load balancers keep connections longer, but the pod's grace period is 30 s.
pub(crate) const LOAD_BALANCERS_KEEP_CONNECTIONS: Duration = Duration::from_secs(15);
/// The least time that requests in progress get, counted from the stop signal.
const REQUESTS: Duration = Duration::from_secs(20);
/// The time for the last request on a connection that was still open.
const LAST_REQUEST: Duration = Duration::from_secs(10);

/// How long connections and requests may continue after the service was told to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ShutdownTimes {
    /// How long connections are accepted and idle ones stay open: a peer may still send requests on them.
    pub connections: Duration,
    /// How long requests may be in progress.
    pub requests: Duration,
}

impl ShutdownTimes {
    /// The times of a service whose peers keep idle connections for less than `connections`.
    pub(crate) fn new(connections: Duration) -> Self {
        Self {
            connections,
            requests: REQUESTS.max(connections + LAST_REQUEST),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The pod's grace period, less the 3 s that it waits before SIGTERM.
    const GRACE_PERIOD: Duration = Duration::from_secs(27);

    #[test]
    fn a_service_ends_before_kubernetes_kills_it() {
        for connections in [PEERS_KEEP_CONNECTIONS, LOAD_BALANCERS_KEEP_CONNECTIONS] {
            let times = ShutdownTimes::new(connections);
            assert!(times.connections < times.requests, "{times:?}");
            assert!(times.requests < GRACE_PERIOD, "{times:?}");
        }
    }
}
