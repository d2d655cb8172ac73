//! Messages, contacts and Kakao's tokens in PostgreSQL.

mod attempts;
mod contacts;
pub(super) mod kakao_tokens;
mod notifications;
mod outbox;
mod retention;
mod rows;

pub use attempts::PgAttempts;
pub use contacts::PgContacts;
pub use notifications::PgNotifications;
pub use retention::RETAINED;
