//! The services of a platform, and the fixed properties of each.

use fdp_crds::{ServiceSpec, Services};

/// A service of the platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Service {
    Gateway,
    Order,
    Pay,
    Store,
    Delivery,
    Inventory,
    Customer,
    Marketing,
    Frontend,
}

impl Service {
    /// Every service, in the usual order.
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

    /// Its name in object names, images and databases.
    pub fn name(self) -> &'static str {
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

    /// The port it listens on, which is its Kubernetes Service's port too.
    pub fn port(self) -> u16 {
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

    /// Its port for gRPC inside the cluster, if it has one.
    pub fn grpc_port(self) -> Option<u16> {
        (self == Self::Order).then_some(9081)
    }

    /// A separate port for metrics and health, if its main port is exposed to the outside.
    pub fn management_port(self) -> Option<u16> {
        (self == Self::Gateway).then_some(9080)
    }

    /// Whether it keeps state: those that do have a database of their own and read or write events.
    pub fn keeps_state(self) -> bool {
        self != Self::Gateway
    }

    /// Whether it publishes events.
    pub fn publishes_events(self) -> bool {
        matches!(
            self,
            Self::Order | Self::Pay | Self::Store | Self::Delivery | Self::Inventory
        )
    }

    /// The Kafka topic of its events, if it publishes any.
    pub fn topic(self) -> Option<String> {
        self.publishes_events()
            .then(|| format!("fooddelivery.{}", self.name()))
    }

    /// The services it calls over HTTP.
    pub fn calls(self) -> &'static [Self] {
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
            Self::Frontend => &[Self::Order],
            _ => &[],
        }
    }

    /// Its entry in the resource.
    pub fn settings(self, services: &Services) -> Option<&ServiceSpec> {
        match self {
            Self::Gateway => services.gateway.as_ref(),
            Self::Order => services.order.as_ref(),
            Self::Pay => services.pay.as_ref(),
            Self::Store => services.store.as_ref(),
            Self::Delivery => services.delivery.as_ref(),
            Self::Inventory => services.inventory.as_ref(),
            Self::Customer => services.customer.as_ref(),
            Self::Marketing => services.marketing.as_ref(),
            Self::Frontend => services.frontend.as_ref(),
        }
    }

    /// The services that have a database.
    pub fn with_database() -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(|service| service.keeps_state())
    }
}
