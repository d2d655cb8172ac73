//! The endpoints of the simulated network: services, their databases, the broker, and everything outside.

pub use fdp_catalogue::Service;

/// One end of a connection in the simulated network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Endpoint {
    /// Customers, owners, riders.
    Outside,
    /// All replicas of a service.
    Service(Service),
    /// A service's database.
    Database(Service),
    Broker,
}

impl std::fmt::Display for Endpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Outside => f.write_str("outside"),
            Self::Service(service) => f.write_str(service.name()),
            Self::Database(service) => write!(f, "{}'s database", service.name()),
            Self::Broker => f.write_str("the broker"),
        }
    }
}
