//! The names of the collections.

/// Payment intents and orders.
pub(super) const ORDERS: &str = "orders";
/// The request and the order of each `Idempotency-Key`.
pub(super) const IDEMPOTENCY_KEYS: &str = "idempotency_keys";
/// The prices of products.
pub(super) const PRICES: &str = "prices";
/// What stores offer.
pub(super) const STORES: &str = "stores";
/// Whom orders go to.
pub(super) const RECIPIENTS: &str = "recipients";
/// The lease of the outbox relay.
pub(super) const LEASES: &str = "leases";
