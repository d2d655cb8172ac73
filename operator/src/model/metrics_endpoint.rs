//! The endpoint of a pod's metrics, if it is not the port of its program.

/// A port of a pod and a path there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MetricsEndpoint {
    pub port: u16,
    pub path: &'static str,
}
