//! The logging stack: Elasticsearch, Fluentd and Kibana.

mod access;
mod eck;
mod elasticsearch;
mod fluentd;
mod kibana;
mod passwords;
mod pipeline;
mod policies;
mod server;
mod setup;

use crate::{
    components::logging::{passwords::secret, policies::policies},
    kubernetes::health,
    model::{apis::Family, health::Health, object::Planned, observed::Observed},
    spec::{Logging, LoggingRunner, Validated},
};

pub use passwords::{FLUENTD_PASSWORD, KIBANA_KEY, KIBANA_PASSWORD};

/// The field that requires a third-party operator.
const FIELD: &str = "logging.provider";

/// Every object of the stack, if it is enabled and the required operator is installed.
pub fn objects(platform: &Validated, observed: &Observed) -> Vec<Planned> {
    let Some(settings) = &platform.logging else {
        return Vec::new();
    };
    if is_absent(settings, observed) {
        return Vec::new();
    }
    let mut objects = vec![secret(platform, settings, observed)];
    match settings.runner {
        LoggingRunner::Operator => {
            objects.extend(elasticsearch::objects(platform, settings, observed));
            objects.extend(kibana::objects(platform, settings, observed));
        }
        LoggingRunner::Eck => objects.extend(eck::objects(platform, settings)),
    }
    objects.extend(setup::objects(platform, settings, observed));
    objects.extend(fluentd::objects(platform, settings, observed));
    objects.extend(policies(platform, settings));
    objects
}

/// The health of the stack; `None` if it is not enabled.
pub fn health(platform: &Validated, observed: &Observed) -> Option<Vec<Health>> {
    let settings = platform.logging.as_ref()?;
    if is_absent(settings, observed) {
        return Some(vec![health::absent(Family::Eck, &observed.apis, FIELD)]);
    }
    let mut health = match settings.runner {
        LoggingRunner::Operator => {
            let mut health = vec![elasticsearch::health(platform, observed)];
            health.extend(kibana::health(platform, settings, observed));
            health
        }
        LoggingRunner::Eck => eck::health(platform, settings, observed),
    };
    health.push(setup::health(platform, settings, observed));
    health.extend(fluentd::health(platform, settings, observed));
    Some(health)
}

/// What to change before the next release.
pub fn notice(platform: &Validated, observed: &Observed) -> Option<String> {
    let settings = platform.logging.as_ref()?;
    fluentd::notice(platform, settings, observed)
}

fn is_absent(settings: &Logging, observed: &Observed) -> bool {
    settings.runner == LoggingRunner::Eck && !observed.apis.have(Family::Eck)
}
