//! The operator: turns a `FoodDeliveryPlatform` resource into a running platform.
//!
//! The modules are layers, listed from the bottom to the top: each imports only those above it in this list.

pub mod settings;
pub mod telemetry;

pub mod spec;

pub mod model;

pub mod kubernetes;

pub mod components;

pub mod plan;

pub mod connect;

pub mod aws;

pub mod controller;

pub mod view;

pub mod cli;
pub mod status_page;

pub mod run;
