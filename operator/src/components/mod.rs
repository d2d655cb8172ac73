//! The parts of a platform. Each builds its objects and network policy rules and reads its health; none imports
//! another.

pub mod drill;
pub mod extensions;
pub mod gateway;
pub mod kafka;
pub mod logging;
pub mod mesh;
pub mod mongodb;
pub mod monitoring;
pub mod notifications;
pub mod payments;
pub mod postgres;
pub mod reach;
pub mod services;
pub mod setup;
