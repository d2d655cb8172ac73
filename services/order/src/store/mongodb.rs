//! Orders in MongoDB: each in one document, which holds all that has to change together.
//!
//! Nothing here needs a transaction. A document begins as a payment intent, and the update that makes it the order
//! takes the intent away. The events that an order owes the world and the ids of the events that it has taken lie
//! beside it, so that every change is one atomic update, guarded by the document's revision.
//!
//! ```text
//! {_id: "ord_…", intent: {customerId, amount, abandoned, leaseUntil}}                           while it is paid
//! {_id: "ord_…", customerId, revision, order: {…}, pending: [{id, type, at, payload}], taken: ["…"]}  from then on
//! ```

mod connection;
mod document;
mod inbox;
mod keys;
mod lease;
mod orders;
mod prices;
mod relay;

pub use connection::{MongoSettings, MongoUrlError, prepare, watch};
pub use inbox::MongoInbox;
pub use orders::MongoOrders;
pub use relay::Relay;
