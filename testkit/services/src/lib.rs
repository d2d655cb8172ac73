//! The services against a real PostgreSQL and a real Kafka on loopback: the platform that the tests run on.
//!
//! [`Platform::start`] brings everything up in a directory of its own; tests then order food, kill
//! processes, and look at what the services and their databases say. Everything ends with the test.

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
