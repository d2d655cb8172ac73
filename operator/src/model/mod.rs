//! Plain data that several layers share: planned objects, observed state, health and conditions.

pub mod apis;
pub mod assessment;
pub mod cloud;
pub mod events;
pub mod health;
pub mod metrics_endpoint;
pub mod object;
pub mod observed;
pub mod reason;
