//! The operator: turns a `FoodDeliveryPlatform` resource into a running platform.

pub mod cloud;
pub mod cluster;
pub mod controller;
pub mod dashboard;
pub mod diff;
pub mod paint;
pub mod plan;
pub mod render;
pub mod run;
pub mod settings;
pub mod status;
pub mod telemetry;
