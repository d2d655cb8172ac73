//! Layer: the address of the client, which anonymous requests are counted by.

use axum::extract::{ConnectInfo, Request};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

/// The address of the client. `trust_peer`: the last address in `X-Forwarded-For` is that of the client, because the peer
/// is a proxy that adds it.
pub(crate) fn client_address(request: &Request, trust_peer: bool) -> IpAddr {
    let forwarded = || {
        let last = request.headers().get_all("x-forwarded-for").iter().next_back()?;
        last.to_str().ok()?.rsplit(',').next()?.trim().parse().ok()
    };
    let peer = || Some(request.extensions().get::<ConnectInfo<SocketAddr>>()?.0.ip());
    trust_peer
        .then(forwarded)
        .flatten()
        .or_else(peer)
        .unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED))
}
