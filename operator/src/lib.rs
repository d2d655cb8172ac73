//! The operator: turns a `FoodDeliveryPlatform` resource into a running platform.

pub mod controller;
pub mod dashboard;
pub mod plan;
pub mod render;
pub mod settings;
pub mod telemetry;
