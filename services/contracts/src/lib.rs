//! Events and API types that services exchange, and the glossary of their terms.
//!
//! Every event is a `CloudEvents` 1.0 envelope ([`CloudEvent`]) whose data is a snapshot of the changed aggregate
//! ([`Event`]). Snapshots carry a version, so that a consumer can detect an outdated one.

pub mod asyncapi;
mod awaiting_payment;
mod delivery;
mod event;
mod examples;
mod glossary;
mod id;
mod language;
mod lenient;
pub mod openapi;
mod opening_hours;
mod order;
mod payment;
mod state;
mod stock;
mod store;
mod text;
mod ticket;

pub use awaiting_payment::{AwaitingPayment, AwaitingPaymentState};
pub use delivery::{DeliverySnapshot, DeliveryState};
pub use event::{CloudEvent, DecodeError, Event};
pub use fdp_catalogue::topic;
pub use glossary::{GLOSSARY, Term};
pub use id::{DeliveryId, InvalidId, OrderId, PaymentId};
pub use language::{Language, won};
pub use lenient::{
    integer_or_string, integer_schema, number_or_string, number_schema, optional_number_or_string,
    optional_number_schema, optional_text, optional_text_schema,
};
pub use opening_hours::{Hours, Opening, OpeningHours, USUAL_TIME_ZONE};
pub use order::{OrderLine, OrderSnapshot, OrderState};
pub use payment::{PaymentSnapshot, PaymentState};
pub use state::UnknownState;
pub use stock::{ProductSnapshot, StockLine, StockMovement, StockOutcome};
pub use store::{MenuItemSnapshot, StoreSnapshot};
pub use text::{InvalidText, LONGEST_TEXT, check_text, composed};
pub use ticket::{TicketSnapshot, TicketState};
