//! The gateway: reads the configuration, builds the stack of layers, and serves.

use fdp_kit::config;
use gateway::extensions::Extensions;
use gateway::layers::authentication::{AuthSettings, Authentication};
use gateway::layers::proxy::Limits;
use gateway::layers::rate_limit::{RateLimit, RateLimiter};
use gateway::routes;
use gateway::stack::Stack;
use std::sync::Arc;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut service = fdp_kit::Service::new("gateway", 8080)?.managed_on(9080)?;
    let limits = Limits {
        trust_peer: config::optional("TRUST_FORWARDED", false)?,
        ..Limits::default()
    };
    let settings = AuthSettings::from_environment()?;
    let rate_limiter = RateLimit::from_environment(settings.default_rate())?.map(RateLimiter::new);
    if let Some(rate_limiter) = &rate_limiter {
        service.spawn(rate_limiter.clone().clean(service.stopping()));
    }
    let authentication = Authentication::new(settings, service.health())?;
    service.spawn(authentication.clone().refresh_keys(service.stopping()));
    let stack = Arc::new(Stack::new(
        authentication,
        rate_limiter,
        limits,
        service.stopping(),
    ));
    let url = |service: gateway::upstream::Service| {
        std::env::var(service.variable).ok().filter(|url| !url.is_empty())
    };
    let extensions = config::optional("EXTENSION_ROUTES", Extensions::default())?;
    service.serve(routes::routes(&stack, &extensions, url)?).await?;
    Ok(())
}
