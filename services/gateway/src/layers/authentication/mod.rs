//! Layer: who sent a request, by its bearer token.

mod authenticator;
mod demo;
mod issuer;
mod keys;
mod settings;
mod token;
mod token_error;

pub use authenticator::Authentication;
pub(crate) use authenticator::{Identification, Identity};
pub(crate) use demo::{Token, TokenRequest};
pub use issuer::IssuerSettings;
pub use settings::{AuthError, AuthSettings};
pub(crate) use token_error::TokenError;
