//! The gateway.

use fdp_kit::config;
use gateway::proxy::{Limits, Proxy};
use gateway::routes;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let service = fdp_kit::Service::new("gateway", 8080)?;
    let limits = Limits {
        trust_peer: config::optional("TRUST_FORWARDED", false)?,
        ..Limits::default()
    };
    let proxy = Proxy::new(limits, service.stopping());
    let url = |service: gateway::upstream::Service| {
        std::env::var(service.variable).ok().filter(|url| !url.is_empty())
    };
    service.serve(routes::routes(&proxy, url)?).await?;
    Ok(())
}
