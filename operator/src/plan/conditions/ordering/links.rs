//! What customers feel of connections that do not work although both ends are up.

use fdp_catalogue::Service;

use crate::{
    kubernetes::names::{MONGODB, POSTGRES},
    plan::{conditions::ordering::Ordering, reachability::Link},
};

impl Ordering {
    /// The same when some connections do not work.
    pub(in crate::plan::conditions) fn without_links(self, links: &[Link]) -> Self {
        let missing = match &self {
            Self::Taken => Vec::new(),
            Self::Degraded(missing) => vec![missing.clone()],
            _ => return self,
        };
        let said = |link: &Link| format!("{} cannot reach {}", link.from, link.to);
        if let Some(link) = links.iter().find(|link| is_needed(link)) {
            return Self::Interrupted(said(link));
        }
        if links.is_empty() {
            return self;
        }
        let missing: Vec<String> = missing.into_iter().chain(links.iter().map(said)).collect();
        Self::Degraded(missing.join(", "))
    }
}

/// Whether every order needs a connection: from the gateway to order, from order to what it calls, and from these to their
/// databases. Events wait in a database until Kafka is reached.
fn is_needed(link: &Link) -> bool {
    let enters = |from: &str, to: &str| from == Service::Gateway.name() && to == Service::Order.name();
    let called = |from: &str, to: &str| {
        let mut called = Service::Order.calls().iter();
        from == Service::Order.name() && called.any(|service| service.name() == to)
    };
    let stores = |from: &str, to: &str| {
        let mut needed = Service::needed_for_orders();
        [POSTGRES, MONGODB].contains(&to) && needed.any(|service| service.name() == from)
    };
    let (from, to) = (link.from.as_str(), link.to.as_str());
    enters(from, to) || called(from, to) || stores(from, to)
}
