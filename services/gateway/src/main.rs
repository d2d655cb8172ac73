//! The gateway.

use fdp_kit::config;
use gateway::auth::{AuthSettings, Authentication};
use gateway::extensions::Extensions;
use gateway::gate::Gate;
use gateway::proxy::{Limits, Proxy};
use gateway::rate::{Rate, RateLimit};
use gateway::routes;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut service = fdp_kit::Service::new("gateway", 8080)?.managed_on(9080)?;
    let limits = Limits {
        trust_peer: config::optional("TRUST_FORWARDED", false)?,
        ..Limits::default()
    };
    let settings = AuthSettings::from_environment()?;
    let rate = RateLimit::from_environment(settings.usual_rate())?.map(Rate::new);
    if let Some(rate) = &rate {
        service.spawn(rate.clone().clean(service.stopping()));
    }
    let authentication = Authentication::new(settings, service.health())?;
    service.spawn(authentication.clone().keep_up(service.stopping()));
    let gate = Gate {
        authentication,
        rate,
        trust_peer: limits.trust_peer,
    };
    let proxy = Proxy::new(limits, service.stopping());
    let url = |service: gateway::upstream::Service| {
        std::env::var(service.variable).ok().filter(|url| !url.is_empty())
    };
    let extensions = config::optional("EXTENSION_ROUTES", Extensions::default())?;
    service
        .serve(routes::routes(&proxy, &gate, &extensions, url)?)
        .await?;
    Ok(())
}
