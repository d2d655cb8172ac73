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

    /// One of several servers with the same name, at its own address. It is asked under their name, by which a mesh knows
    /// whose address that is.
    pub(crate) fn one_of(name: &str, address: SocketAddr) -> Self {
        Self {
            host: HeaderValue::from_str(name).unwrap_or(HeaderValue::from_static("pay")),
            name: address.to_string(),
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
    use std::net::Ipv4Addr;

    #[test]
    fn one_of_several_is_asked_at_its_address_under_the_name_of_all() {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 9082));
        let server = Server::one_of("shop-pay-drills:9082", address);
        assert_eq!(server.host(), "shop-pay-drills:9082");
        assert_eq!(server.name, "127.0.0.1:9082");
    }

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
