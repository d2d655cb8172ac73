//! The places of the simulated world: services, their databases, the broker, and everybody outside.

use fdp_contracts::topic;

/// A service with its own database and consumer group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Service {
    /// Orders.
    Order,
    /// Payments.
    Pay,
    /// Tickets.
    Store,
    /// Deliveries.
    Delivery,
    /// Products and stock.
    Inventory,
    /// Notifications.
    Customer,
    /// Recommendations.
    Marketing,
    /// The view.
    Frontend,
}

impl Service {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Order,
        Self::Pay,
        Self::Store,
        Self::Delivery,
        Self::Inventory,
        Self::Customer,
        Self::Marketing,
        Self::Frontend,
    ];

    /// Its name, which is its consumer group's too.
    pub fn name(self) -> &'static str {
        match self {
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

    /// Where its events go; `None` for those who only listen.
    pub fn publishes(self) -> Option<&'static str> {
        match self {
            Self::Order => Some(topic::ORDER),
            Self::Pay => Some(topic::PAY),
            Self::Store => Some(topic::STORE),
            Self::Delivery => Some(topic::DELIVERY),
            Self::Inventory => Some(topic::INVENTORY),
            Self::Customer | Self::Marketing | Self::Frontend => None,
        }
    }

    /// The topics that it listens to, as its `main` subscribes.
    pub fn listens_to(self) -> &'static [&'static str] {
        match self {
            Self::Order => &[topic::STORE, topic::DELIVERY, topic::INVENTORY],
            Self::Delivery => &[topic::ORDER, topic::STORE],
            Self::Frontend => &[topic::ORDER, topic::INVENTORY],
            Self::Pay | Self::Store | Self::Inventory | Self::Customer | Self::Marketing => &[topic::ORDER],
        }
    }
}

/// One end of a road in the simulated network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Customers, owners, riders.
    Outside,
    /// All replicas of a service.
    Service(Service),
    /// A service's database.
    Database(Service),
    /// The broker.
    Broker,
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Outside => f.write_str("outside"),
            Self::Service(service) => f.write_str(service.name()),
            Self::Database(service) => write!(f, "{}'s database", service.name()),
            Self::Broker => f.write_str("the broker"),
        }
    }
}
