//! A server that is asked: its name and port, and the addresses behind the name.

use hyper::Uri;
use hyper::header::HeaderValue;
use std::cell::RefCell;
use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use tokio::net::lookup_host;

/// How long addresses are used without asking the name server again: many connections may fail at the same moment, and be
/// opened again twenty times a second.
const FRESH: Duration = Duration::from_secs(1);

#[derive(Debug)]
pub(crate) struct Server {
    /// As the `Host` header has it.
    host: HeaderValue,
    /// The name and the port, as a resolver takes them.
    name: String,
    found: RefCell<Option<(Instant, Vec<SocketAddr>)>>,
}

/// The URL is not like `http://shop-gateway:8080`.
#[derive(Debug, thiserror::Error)]
#[error("the gateway is '{0}'; it should look like http://shop-gateway:8080, with no path")]
pub(crate) struct InvalidUrl(String);

impl Server {
    /// The server at a URL without a path.
    ///
    /// # Errors
    /// When it is another URL, or one of HTTPS.
    pub(crate) fn at_url(url: &str) -> Result<Self, InvalidUrl> {
        let invalid = || InvalidUrl(url.to_owned());
        let uri: Uri = url.parse().map_err(|_| invalid())?;
        let host = uri.host().filter(|host| !host.is_empty()).ok_or_else(invalid)?;
        if uri.scheme_str() != Some("http") || uri.path() != "/" || uri.query().is_some() {
            return Err(invalid());
        }
        let name = format!("{host}:{}", uri.port_u16().unwrap_or(80));
        Ok(Self {
            host: HeaderValue::from_str(&name).map_err(|_| invalid())?,
            name,
            found: RefCell::default(),
        })
    }

    /// The server at an address.
    pub(crate) fn at(address: SocketAddr) -> Self {
        let name = address.to_string();
        Self {
            // An address has digits and colons only.
            host: HeaderValue::from_str(&name).unwrap_or(HeaderValue::from_static("pay")),
            name,
            found: RefCell::default(),
        }
    }

    pub(crate) fn host(&self) -> HeaderValue {
        self.host.clone()
    }

    /// The addresses of the server, as they were a second ago or are now.
    pub(super) async fn addresses(&self) -> io::Result<Vec<SocketAddr>> {
        if let Some((when, addresses)) = &*self.found.borrow()
            && when.elapsed() < FRESH
        {
            return Ok(addresses.clone());
        }
        let addresses: Vec<SocketAddr> = lookup_host(&self.name).await?.collect();
        *self.found.borrow_mut() = Some((Instant::now(), addresses.clone()));
        Ok(addresses)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gateway_is_named_by_a_url_without_a_path() {
        let name = |url| Server::at_url(url).map(|server| server.name).ok();
        assert_eq!(
            name("http://shop-gateway:8080").as_deref(),
            Some("shop-gateway:8080")
        );
        assert_eq!(name("http://shop-gateway/").as_deref(), Some("shop-gateway:80"));
        assert_eq!(name("http://[::1]:8080").as_deref(), Some("[::1]:8080"));
        for url in [
            "",
            "shop-gateway:8080",
            "https://shop",
            "http://shop/orders",
            "http://",
        ] {
            assert_eq!(name(url), None, "{url}");
        }
    }
}
