//! The services that make up a platform: names, ports, topics, consumer groups, and which service calls which.

use crate::topic;
use std::fmt;

/// A service of the platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Service {
    /// The entry point for all requests.
    Gateway,
    /// Orders.
    Order,
    /// Payments.
    Pay,
    /// Stores and their tickets.
    Store,
    /// Deliveries.
    Delivery,
    /// Products and their stock.
    Inventory,
    /// Notifications.
    Customer,
    /// Recommendations.
    Marketing,
    /// The shop's web pages.
    Frontend,
}

impl Service {
    /// Every service, in their usual order.
    pub const ALL: [Self; 9] = [
        Self::Gateway,
        Self::Order,
        Self::Pay,
        Self::Store,
        Self::Delivery,
        Self::Inventory,
        Self::Customer,
        Self::Marketing,
        Self::Frontend,
    ];

    /// The name of the service in object names, images, databases and events.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Gateway => "gateway",
            Self::Order => "order",
            Self::Pay => "pay",
            Self::Store => "store",
            Self::Delivery => "delivery",
            Self::Inventory => "inventory",
            Self::Customer => "customer",
            Self::Marketing => "marketing",
            Self::Frontend => "frontend",
        }
    }

    /// The port that it listens on, which is also the port of its Kubernetes Service.
    pub const fn port(self) -> u16 {
        match self {
            Self::Gateway => 8080,
            Self::Order => 8081,
            Self::Pay => 8082,
            Self::Store => 8083,
            Self::Delivery => 8084,
            Self::Inventory => 8085,
            Self::Customer => 8086,
            Self::Marketing => 8087,
            Self::Frontend => 8088,
        }
    }

    /// The port of its gRPC API for other programs inside the platform, if it has one.
    pub const fn grpc_port(self) -> Option<u16> {
        match self {
            Self::Order => Some(9081),
            _ => None,
        }
    }

    /// The port of its metrics and health, if its main port is reachable from outside.
    pub const fn management_port(self) -> Option<u16> {
        match self {
            Self::Gateway => Some(9080),
            _ => None,
        }
    }

    /// The port of its fault injection, where the platform allows drills, if it has one.
    pub const fn drill_port(self) -> Option<u16> {
        match self {
            Self::Pay => Some(9082),
            _ => None,
        }
    }

    /// Whether it is stateful. A stateful service has its own database, and publishes or consumes events.
    pub const fn keeps_state(self) -> bool {
        !matches!(self, Self::Gateway)
    }

    /// Whether it can take the next step of its orders automatically, for demonstrations.
    pub const fn has_autopilot(self) -> bool {
        matches!(self, Self::Store | Self::Delivery)
    }

    /// The Kafka topics to which it publishes its events, if it publishes any.
    pub const fn topics(self) -> &'static [&'static str] {
        match self {
            Self::Order => &[topic::ORDER],
            Self::Pay => &[topic::PAY],
            Self::Store => &[topic::STORE, topic::MENU],
            Self::Delivery => &[topic::DELIVERY],
            Self::Inventory => &[topic::INVENTORY],
            _ => &[],
        }
    }

    /// Whether it publishes events, which others can subscribe to.
    pub const fn publishes_events(self) -> bool {
        !self.topics().is_empty()
    }

    /// The topics whose events it consumes.
    pub const fn consumes(self) -> &'static [&'static str] {
        match self {
            Self::Gateway => &[],
            Self::Order => &[
                topic::PAY,
                topic::STORE,
                topic::MENU,
                topic::DELIVERY,
                topic::INVENTORY,
            ],
            Self::Delivery => &[topic::ORDER, topic::STORE],
            Self::Frontend => &[topic::ORDER, topic::MENU, topic::INVENTORY],
            Self::Pay | Self::Store | Self::Inventory | Self::Customer | Self::Marketing => &[topic::ORDER],
        }
    }

    /// The consumer group of its replicas, if it consumes events.
    pub const fn consumer_group(self) -> Option<&'static str> {
        if self.consumes().is_empty() {
            None
        } else {
            Some(self.name())
        }
    }

    /// The services it calls over HTTP.
    pub const fn calls(self) -> &'static [Self] {
        match self {
            Self::Gateway => &[
                Self::Order,
                Self::Pay,
                Self::Store,
                Self::Delivery,
                Self::Inventory,
                Self::Customer,
                Self::Marketing,
                Self::Frontend,
            ],
            Self::Order => &[Self::Pay],
            Self::Frontend => &[Self::Order, Self::Store, Self::Delivery, Self::Inventory],
            _ => &[],
        }
    }

    /// The services that an order needs at once: the one that takes it, and those that this one calls.
    pub fn needed_for_orders() -> impl Iterator<Item = Self> {
        std::iter::once(Self::Order).chain(Self::Order.calls().iter().copied())
    }

    /// The services that have a database.
    pub fn with_database() -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(|service| service.keeps_state())
    }
}

impl fmt::Display for Service {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn no_two_services_share_a_name_or_a_port() {
        let names: BTreeSet<&str> = Service::ALL.iter().map(|service| service.name()).collect();
        assert_eq!(names.len(), Service::ALL.len());
        let ports: Vec<u16> = Service::ALL
            .iter()
            .flat_map(|service| {
                [
                    Some(service.port()),
                    service.grpc_port(),
                    service.management_port(),
                    service.drill_port(),
                ]
            })
            .flatten()
            .collect();
        let different: BTreeSet<u16> = ports.iter().copied().collect();
        assert_eq!(different.len(), ports.len(), "{ports:?}");
    }

    #[test]
    fn services_that_publish_own_the_topics_and_those_that_consume_the_groups() {
        let topics: Vec<&str> = Service::ALL
            .iter()
            .flat_map(|service| service.topics())
            .copied()
            .collect();
        assert_eq!(topics, topic::EVENTS);
        let groups: Vec<&str> = Service::ALL
            .iter()
            .filter_map(|service| service.consumer_group())
            .collect();
        assert_eq!(groups, topic::CONSUMERS);
    }

    #[test]
    fn a_service_consumes_topics_that_there_are_and_never_its_own() {
        for service in Service::ALL {
            for topic in service.consumes() {
                assert!(topic::EVENTS.contains(topic), "{service} consumes {topic}");
                assert!(!service.topics().contains(topic), "{service}");
            }
        }
    }

    #[test]
    fn an_order_needs_order_and_pay() {
        let needed: Vec<Service> = Service::needed_for_orders().collect();
        assert_eq!(needed, [Service::Order, Service::Pay]);
    }

    #[test]
    fn nothing_calls_the_gateway_or_itself() {
        for service in Service::ALL {
            assert!(!service.calls().contains(&Service::Gateway), "{service}");
            assert!(!service.calls().contains(&service), "{service}");
        }
    }
}
