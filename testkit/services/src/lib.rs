//! Runs the services with a real PostgreSQL and a real Kafka on loopback addresses.
//!
//! [`Platform::start`] starts everything in a temporary directory; tests then order food, kill processes, and check
//! the responses of the services and the content of their databases. Everything ends with the test.

pub mod books;
pub mod history;
pub mod http;
pub mod kafka;
pub mod platform;
pub mod postgres;
pub mod random;
mod remains;
pub mod rest;
pub mod runner;
pub mod schemathesis;
mod servers;
pub mod services;
pub mod story;

pub use books::Books;
pub use http::{Answer, Client};
pub use platform::{Platform, Settings};
pub use random::Random;
pub use story::Story;
