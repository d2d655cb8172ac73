//! What the use cases need from the outside.

mod order_repository;
mod payment_service;
mod price_repository;
mod recipient_repository;
mod store_directory;

pub use order_repository::{
    ClaimedIntent, Decide, IntentOutcome, KeyedOrderRequest, OrderRepository, PaymentIntent, RepositoryError,
    WaitOutcome,
};
pub use payment_service::{Admitted, NotAdmitted, PaymentAttempt, PaymentResult, PaymentService, VoidError};
pub use price_repository::PriceRepository;
pub use recipient_repository::RecipientRepository;
pub use store_directory::StoreDirectory;
