//! The addresses of programs of the stack.

pub(super) const ELASTICSEARCH_PORT: u16 = 9200;
pub(super) const KIBANA_PORT: u16 = 5601;

/// The address of a program of the stack.
pub(super) struct Server {
    pub(super) host: String,
    pub(super) scheme: &'static str,
    /// The Secret with its CA certificate; `None` without TLS.
    pub(super) certificates: Option<String>,
}

impl Server {
    pub(super) fn url(&self, port: u16) -> String {
        format!("{}://{}:{port}", self.scheme, self.host)
    }
}
