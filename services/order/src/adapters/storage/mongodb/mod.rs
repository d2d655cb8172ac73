//! Orders in MongoDB: each one is a single document, which contains everything that has to change together.
//!
//! No transaction is needed. A document starts as a payment intent, and one update replaces the intent by the order.
//! The pending events of an order and the ids of the events that it has handled are in the same document, so every
//! change is one atomic update, guarded by the revision of the document.
//!
//! Only the recipient of an order is a document of its own, so that it can be forgotten while the order is kept: it is written
//! before the intent, and deleted after it.
//!
//! ```text
//! {_id: "ord_…", intent: {customerId, amount, abandoned, leaseUntil}}                           while it is paid
//! {_id: "ord_…", intent: {…, awaiting: "{…}", toldPaid, voided}}                      while its customer has to pay
//! {_id: "ord_…", customerId, revision, order: {…}, pending: [{id, type, at, payload}], taken: ["…"]}  from then on
//! ```

mod collections;
mod connection;
mod documents;
mod errors;
mod idempotency_keys;
mod indexes;
mod intents;
mod orders;
mod outbox_relay;
mod pending_events;
mod prices;
mod recipients;
mod relay_lease;
mod repository;
mod stores;

pub use connection::{MongoSettings, MongoUrlError, watch};
pub(crate) use documents::pending_event;
pub use indexes::prepare;
pub use orders::MongoOrders;
pub use outbox_relay::Relay;
pub use recipients::OldRecipients;
