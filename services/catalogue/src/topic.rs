//! Kafka topics: those to which services publish, and one dead-letter topic per consumer group.

/// Changes of orders, by the order service.
pub const ORDER: &str = "fooddelivery.order";
/// Changes of payments, by the pay service.
pub const PAY: &str = "fooddelivery.pay";
/// Changes of tickets, by the store service.
pub const STORE: &str = "fooddelivery.store";
/// Stores and their menus, by the store service. A topic of its own, so that whoever begins to read it learns of every store.
pub const MENU: &str = "fooddelivery.menu";
/// Changes of deliveries, by the delivery service.
pub const DELIVERY: &str = "fooddelivery.delivery";
/// Changes of products and stock, by the inventory service.
pub const INVENTORY: &str = "fooddelivery.inventory";

/// Topics that carry events.
pub const EVENTS: [&str; 6] = [ORDER, PAY, STORE, MENU, DELIVERY, INVENTORY];

/// Services that consume events, each as a consumer group of its own name.
pub const CONSUMERS: [&str; 8] = [
    "order",
    "pay",
    "store",
    "delivery",
    "inventory",
    "customer",
    "marketing",
    "frontend",
];

/// Whether Kafka keeps the newest message of each key for ever, in place of all messages for some time.
pub fn is_compacted(topic: &str) -> bool {
    topic == MENU
}

/// The topic for messages that a consumer group cannot handle, each with the reason.
pub fn dead_letter(group: &str) -> String {
    format!("fooddelivery.dead-letter.{group}")
}

/// Every topic that a platform needs.
pub fn all() -> Vec<String> {
    EVENTS
        .iter()
        .map(|topic| (*topic).to_owned())
        .chain(CONSUMERS.iter().map(|group| dead_letter(group)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_platform_has_topics_of_publishers_and_one_per_group() {
        let all = all();
        assert_eq!(all.len(), EVENTS.len() + CONSUMERS.len());
        assert!(all.contains(&"fooddelivery.order".to_owned()));
        assert!(all.contains(&"fooddelivery.dead-letter.frontend".to_owned()));
    }
}
