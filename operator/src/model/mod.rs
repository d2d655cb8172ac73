//! Plain data that several layers share: planned objects, observed state, health and conditions.

pub mod apis;
pub mod assessment;
pub mod cloud;
pub mod cluster_network;
pub mod events;
pub mod health;
pub mod host_claim;
pub mod metrics_endpoint;
pub mod object;
pub mod observed;
pub mod reason;
pub mod referenced;
pub mod remembered;
