//! Computes, without any I/O, the objects of a platform and its conditions from the specification and the observed state.

pub mod anchor;
mod assemble;
pub mod changes;
mod cloud;
pub mod compared;
pub mod conditions;
pub mod drills;
mod former_pods;
mod kinds;
mod mesh;
mod network;
pub mod ownership;
pub mod passwords;
mod reachability;
mod retained;
pub mod rollout;
pub mod room;
pub mod secrets;
mod services;
pub mod setup;
mod spared;
pub mod stores;
mod unmanaged_fields;

pub use assemble::{Plan, plan};
pub use kinds::owned_kinds;
