//! What the use cases need from the outside.

mod order_repository;
mod payment_service;
mod price_repository;
mod store_directory;

pub use order_repository::{
    Decide, IntentOutcome, KeyedOrderRequest, OrderRepository, PaymentIntent, RepositoryError,
};
pub use payment_service::{Admitted, NotAdmitted, PaymentAttempt, PaymentResult, PaymentService, VoidError};
pub use price_repository::PriceRepository;
pub use store_directory::StoreDirectory;
