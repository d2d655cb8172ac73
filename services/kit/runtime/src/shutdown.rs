//! How long what is under way may go on after a service was told to stop.

use std::time::Duration;

/// For how long connections stay open: longer than the 5 s for which the services' own clients keep an idle one.
pub(crate) const PEERS_KEEP_CONNECTIONS: Duration = Duration::from_secs(7);
/// The same where strangers connect: load balancers keep connections longer, but the pod's grace period is 30 s.
pub(crate) const LOAD_BALANCERS_KEEP_CONNECTIONS: Duration = Duration::from_secs(15);
/// How long requests under way may take at least, counted from the signal.
const REQUESTS: Duration = Duration::from_secs(20);
/// How long a request may take that came last on a connection that was still open.
const LAST_REQUEST: Duration = Duration::from_secs(10);

/// How long what is under way may go on after the service was told to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ShutdownTimes {
    /// For how long connections are accepted and idle ones stay open: a peer may be sending on one that it keeps.
    pub connections: Duration,
    /// For how long requests may be under way.
    pub requests: Duration,
}

impl ShutdownTimes {
    /// Those of a service whose peers keep idle connections for less than `connections`.
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

    /// What the operator gives a pod, without the 3 s that it waits before the signal.
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
