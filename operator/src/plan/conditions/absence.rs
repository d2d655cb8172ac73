//! What customers miss while a service is not there: a table of every service and every way of not being there.

use fdp_catalogue::Service;

/// How a service is not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Absence {
    /// The specification has no such service: nobody takes what the others leave for it.
    Disabled,
    /// It has no replicas for now. What the others leave for it waits in Kafka.
    ScaledToZero,
    /// None of its replicas answers, which may end by itself.
    NotReady,
}

impl Absence {
    /// Every way.
    #[cfg(test)]
    pub(super) const ALL: [Self; 3] = [Self::Disabled, Self::ScaledToZero, Self::NotReady];

    /// The words about a service.
    pub(super) fn said_of(self, service: Service) -> String {
        match self {
            Self::Disabled => format!("{service} is disabled"),
            Self::ScaledToZero => format!("{service} is scaled to 0"),
            Self::NotReady => format!("no replica of {service} is ready"),
        }
    }
}

/// What customers miss.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Loss {
    /// Nobody can order, as the specification wants it: some run only a part of a platform.
    Closed,
    /// Every order is refused as long as the specification says so.
    Refused,
    /// Every order is refused for now.
    Interrupted,
    /// Orders are taken and paid, and never come to their end, which nobody can have meant.
    Unfinished(&'static str),
    /// Orders are taken and come to their end, if perhaps later; this is missed.
    Degraded(&'static str),
}

/// What customers miss while a service is not there.
///
/// The saga decides it. The gateway passes requests on to order, and order waits for pay, so that these three are there
/// for every order. All others follow by events, which Kafka keeps for them. An order without a ticket (store), without a
/// confirmed stock (inventory, if it has products) or without a rider (delivery) stays where it is.
pub(super) const fn loss(service: Service, absence: Absence) -> Loss {
    use Absence::{Disabled, NotReady, ScaledToZero};
    match (service, absence) {
        (Service::Gateway | Service::Order, Disabled | ScaledToZero) => Loss::Closed,
        (Service::Pay, Disabled | ScaledToZero) => Loss::Refused,
        (Service::Gateway | Service::Order | Service::Pay, NotReady) => Loss::Interrupted,
        (Service::Store, Disabled) => Loss::Unfinished("they are paid and never cooked"),
        (Service::Store, _) => Loss::Degraded("orders wait to be cooked"),
        (Service::Delivery, Disabled) => Loss::Unfinished("they are cooked and no rider comes"),
        (Service::Delivery, _) => Loss::Degraded("orders wait for a rider"),
        (Service::Inventory, Disabled) => {
            Loss::Unfinished("those of products are cooked and wait for their stock for ever")
        }
        (Service::Inventory, _) => Loss::Degraded("orders of products wait for their stock"),
        (Service::Customer, Disabled) => Loss::Degraded("no messages are sent"),
        (Service::Customer, _) => Loss::Degraded("messages are sent later"),
        (Service::Marketing, _) => Loss::Degraded("there are no recommendations"),
        (Service::Frontend, _) => Loss::Degraded("the shop has no pages and shows no orders"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_waits_for_exactly_what_order_calls() {
        for service in Service::ALL {
            let waits = Service::needed_for_orders().any(|needed| needed == service);
            let interrupts = loss(service, Absence::NotReady) == Loss::Interrupted;
            assert_eq!(interrupts, waits || service == Service::Gateway, "{service}");
        }
    }

    #[test]
    fn only_what_is_disabled_leaves_orders_unfinished() {
        for (service, absence) in Service::ALL
            .into_iter()
            .flat_map(|service| Absence::ALL.map(|absence| (service, absence)))
        {
            let unfinished = matches!(loss(service, absence), Loss::Unfinished(_));
            // Whom an order has to pass on its way, after it was paid.
            let on_the_way = [Service::Store, Service::Delivery, Service::Inventory].contains(&service);
            assert_eq!(
                unfinished,
                on_the_way && absence == Absence::Disabled,
                "{service} {absence:?}"
            );
        }
    }
}
