//! What customers feel: whether orders are taken and delivered, and what is missing.

mod links;
#[cfg(test)]
mod tests;

use fdp_catalogue::Service;
use fdp_crds::ServiceStatus;

use crate::plan::conditions::absence::{Absence, Loss, loss};

/// Which of the data stores answer.
#[derive(Clone, Copy, Debug)]
pub(super) struct StoresAnswer {
    pub(super) databases: bool,
    pub(super) kafka: bool,
}

/// What customers feel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Ordering {
    /// Orders are taken and delivered.
    Taken,
    /// Orders are taken and delivered, if perhaps later; these things are missing.
    Degraded(String),
    /// Something that every order needs does not answer, and may come back.
    Interrupted(String),
    /// Every order is refused as long as the specification says so.
    Refused(String),
    /// Orders are taken and paid, and never delivered as long as the specification says so.
    NotDelivered(String),
    /// The specification has no service that could take one, as where only a part of the platform is wanted.
    NotMeant(String),
    /// Nothing is known of it, or there are no customers yet.
    Unknown,
}

impl Ordering {
    /// Judges by the services that there are.
    pub(super) fn of(services: &[ServiceStatus], answer: StoresAnswer) -> Self {
        let losses: Vec<(Service, Absence)> = Service::ALL
            .into_iter()
            .filter_map(|service| Some((service, absence(service, services)?)))
            .collect();
        let first = |wanted: Loss| {
            losses
                .iter()
                .find(|(service, absence)| loss(*service, *absence) == wanted)
                .map(|(service, absence)| absence.said_of(*service))
        };
        // Without the gateway nobody comes in from outside, which is how some use the platform.
        if let Some(why) = first(Loss::Closed) {
            return Self::NotMeant(why);
        }
        if let Some(why) = first(Loss::Refused) {
            return Self::Refused(why);
        }
        if services.iter().all(|status| status.ready == 0) {
            return Self::Unknown;
        }
        let unfinished = told(&losses, |loss| match loss {
            Loss::Unfinished(what) => Some(what),
            _ => None,
        });
        let interrupted = first(Loss::Interrupted)
            .or_else(|| (!answer.databases).then(|| "the databases do not answer".to_owned()));
        let mut degraded = told(&losses, |loss| match loss {
            Loss::Degraded(what) => Some(what),
            _ => None,
        });
        if !answer.kafka {
            degraded.insert(0, "orders wait to be cooked (Kafka does not answer)".to_owned());
        }
        match (interrupted, unfinished.is_empty(), degraded.is_empty()) {
            (Some(why), ..) => Self::Interrupted(why),
            (None, false, _) => Self::NotDelivered(unfinished.join(", ")),
            (None, true, false) => Self::Degraded(degraded.join(", ")),
            (None, true, true) => Self::Taken,
        }
    }

    /// What customers feel, in words; `None` if nobody knows, or if there are to be no customers.
    pub(super) fn felt(&self) -> Option<String> {
        self.words().filter(|_| !matches!(self, Self::NotMeant(_)))
    }

    /// The same, and why there are to be no customers.
    pub(super) fn words(&self) -> Option<String> {
        match self {
            Self::Taken => Some("orders are taken".to_owned()),
            Self::Degraded(what) => Some(format!("orders are taken; degraded: {what}")),
            Self::Interrupted(why) | Self::Refused(why) => Some(format!("orders are refused: {why}")),
            Self::NotDelivered(what) => Some(format!("orders are taken and not delivered: {what}")),
            Self::NotMeant(why) => Some(format!("no orders are taken: {why}")),
            Self::Unknown => None,
        }
    }
}

fn absence(service: Service, services: &[ServiceStatus]) -> Option<Absence> {
    match services.iter().find(|status| status.name == service.name()) {
        None => Some(Absence::Disabled),
        Some(status) if status.desired == 0 => Some(Absence::ScaledToZero),
        Some(status) if status.ready == 0 => Some(Absence::NotReady),
        Some(_) => None,
    }
}

/// What is lost, each with its reason.
fn told(losses: &[(Service, Absence)], what: impl Fn(Loss) -> Option<&'static str>) -> Vec<String> {
    losses
        .iter()
        .filter_map(|(service, absence)| {
            let what = what(loss(*service, *absence))?;
            Some(format!("{what} ({})", absence.said_of(*service)))
        })
        .collect()
}
