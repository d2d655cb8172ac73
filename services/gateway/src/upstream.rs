//! The services behind the gateway, with the first path segment of each.

use http::Uri;
use http::uri::{Authority, PathAndQuery, Scheme};
use std::fmt;
use std::sync::Arc;

/// The first path segment of each service, its name, and the variable with its base URL.
pub const SERVICES: [Service; 7] = [
    Service::new("orders", "order", "ORDER_URL"),
    Service::new("payments", "pay", "PAY_URL").read_only(),
    Service::new("stores", "store", "STORE_URL"),
    Service::new("deliveries", "delivery", "DELIVERY_URL"),
    Service::new("inventories", "inventory", "INVENTORY_URL"),
    Service::new("notifications", "customer", "CUSTOMER_URL"),
    Service::new("recommendations", "marketing", "MARKETING_URL"),
];

/// Serves every other path.
pub const FRONTEND: Service = Service::new("", "frontend", "FRONTEND_URL");

/// A service that the gateway can route to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Service {
    /// The first path segment.
    pub segment: &'static str,
    /// Its name.
    pub name: &'static str,
    /// The environment variable with its base URL.
    pub variable: &'static str,
    /// Whether clients outside the platform may only read. Payments are made with orders, never alone.
    pub read_only: bool,
}

impl Service {
    const fn new(segment: &'static str, name: &'static str, variable: &'static str) -> Self {
        Self {
            segment,
            name,
            variable,
            read_only: false,
        }
    }

    const fn read_only(self) -> Self {
        Self {
            read_only: true,
            ..self
        }
    }
}

/// A base URL is invalid.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{variable} is '{given}'; it should look like http://{name}:8080, with no path")]
pub struct InvalidUrl {
    /// The variable.
    pub variable: &'static str,
    /// The service.
    pub name: &'static str,
    /// The configured value.
    pub given: String,
}

/// The address of a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upstream {
    name: Arc<str>,
    authority: Authority,
}

impl fmt::Display for Upstream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at http://{}", self.name, self.authority)
    }
}

impl Upstream {
    /// The service at the base URL `given`, like `http://order:8081`.
    ///
    /// # Errors
    /// When that is not a plain HTTP URL without a path.
    pub fn new(service: Service, given: &str) -> Result<Self, InvalidUrl> {
        Self::named(service.name, given).ok_or_else(|| InvalidUrl {
            variable: service.variable,
            name: service.name,
            given: given.to_owned(),
        })
    }

    /// The service `name` at the base URL `given`, if that is a plain HTTP URL without a path.
    pub(crate) fn named(name: &str, given: &str) -> Option<Self> {
        let parts = given.parse().map(Uri::into_parts).unwrap_or_default();
        let plain = parts.scheme == Some(Scheme::HTTP)
            && parts.path_and_query.as_ref().is_none_or(|path| path == "/");
        let authority = parts.authority.filter(|_| plain)?;
        Some(Self {
            name: name.into(),
            authority,
        })
    }

    /// The service's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The same path and query at this service.
    ///
    /// # Errors
    /// When they are not a valid URI.
    pub(crate) fn uri(&self, path: Option<&PathAndQuery>) -> Result<Uri, http::Error> {
        let path = path.cloned().unwrap_or_else(|| PathAndQuery::from_static("/"));
        Uri::builder()
            .scheme(Scheme::HTTP)
            .authority(self.authority.clone())
            .path_and_query(path)
            .build()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_keeps_its_path_and_query() {
        let upstream = Upstream::new(SERVICES[0], "http://order:8081/").unwrap();
        let uri = upstream
            .uri(Some(&PathAndQuery::from_static("/orders/1%2F2?a=b")))
            .unwrap();
        assert_eq!(uri.to_string(), "http://order:8081/orders/1%2F2?a=b");
    }

    #[test]
    fn an_invalid_base_url_is_rejected_with_an_example() {
        for given in [
            "order",
            "https://order",
            "http://order/path",
            "order:8081",
            "",
            "http://",
        ] {
            let message = Upstream::new(SERVICES[0], given).unwrap_err().to_string();
            assert!(
                message.contains("ORDER_URL") && message.contains("http://order:8080"),
                "{message}"
            );
        }
    }
}
