//! What customers feel: whether orders are taken.

use fdp_catalogue::Service;
use fdp_crds::ServiceStatus;

use crate::spec::Validated;

/// Whether orders are taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Ordering {
    /// They are.
    Taken,
    /// Something that every order needs does not answer, and may come back.
    Interrupted(String),
    /// Every order is refused as long as the specification says so.
    Refused(String),
    /// The specification has no service that could take one, as where only a part of the platform is wanted.
    NotMeant(String),
    /// Nothing is known of it, or there are no customers yet.
    Unknown,
}

impl Ordering {
    /// Judges by the services that there are; `databases` tells whether they answer.
    pub(super) fn of(platform: &Validated, services: &[ServiceStatus], databases: bool) -> Self {
        let off = |service: Service| match services.iter().find(|status| status.name == service.name()) {
            None => Some(format!("{service} is disabled")),
            Some(status) if status.desired == 0 => Some(format!("{service} is scaled to 0")),
            Some(_) => None,
        };
        // Without the gateway nobody comes in from outside, which is how some use the platform.
        for entry in [Service::Order, Service::Gateway] {
            if let Some(why) = off(entry) {
                return Self::NotMeant(why);
            }
        }
        if let Some(why) = Service::needed_for_orders().find_map(off) {
            return Self::Refused(why);
        }
        if services.iter().all(|status| status.ready == 0) || platform.services.is_empty() {
            return Self::Unknown;
        }
        let silent = services.iter().find(|status| {
            status.ready == 0
                && (status.name == Service::Gateway.name()
                    || Service::needed_for_orders().any(|service| service.name() == status.name))
        });
        match silent {
            Some(status) => Self::Interrupted(format!("no replica of {} is ready", status.name)),
            None if !databases => Self::Interrupted("the databases do not answer".to_owned()),
            None => Self::Taken,
        }
    }

    /// What the message of a platform that is not ready ends with.
    pub(super) fn told(&self) -> String {
        match self {
            Self::Taken => "; orders are taken".to_owned(),
            Self::Interrupted(why) | Self::Refused(why) => format!("; orders are refused: {why}"),
            Self::NotMeant(_) | Self::Unknown => String::new(),
        }
    }
}
