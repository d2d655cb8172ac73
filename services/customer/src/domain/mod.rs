//! The messages to customers about their orders, and the attempts to send them.

mod attempt;
mod contact;
mod notification;
mod text;

pub use attempt::{Attempt, AttemptOutcome, MAX_AGE, RetryableFailure, SendResult, expired, outcome};
pub use contact::Contact;
pub(crate) use contact::is_sending_account;
pub use fdp_contracts::Language;
pub use notification::{Notification, SendState};
pub use text::Text;
