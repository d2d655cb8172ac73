//! Stripe as the payment provider: the customer pays on a page of Stripe (a Checkout Session), whose `PaymentIntent` is captured
//! when the store accepts (<https://docs.stripe.com/payments/place-a-hold-on-a-payment-method>).

mod client;
mod forms;
mod objects;
mod provider;
mod settings;
mod standing;
mod webhook;

pub use provider::Stripe;
pub use settings::{StripeError, StripeSettings};
