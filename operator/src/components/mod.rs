//! The parts of a platform: each builds its objects and says how it is doing.

pub mod extensions;
pub mod gateway;
pub mod kafka;
pub mod logging;
pub mod mesh;
pub mod mongodb;
pub mod monitoring;
pub mod notifications;
pub mod postgres;
pub mod services;
pub mod setup;
