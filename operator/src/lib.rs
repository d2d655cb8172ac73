//! The operator: turns a `FoodDeliveryPlatform` resource into a running platform.
//!
//! The modules are layers. Each imports only layers that come before it in this list:
//!
//! - [`settings`], [`telemetry`]: the operator's own settings, logs and metrics
//! - [`spec`]: the resolved specification of a platform
//! - [`model`]: plain data that several layers share
//! - [`kubernetes`]: builders for objects, and the health of objects
//! - [`components`]: the parts of a platform, none of which imports another
//! - [`plan`]: combines the parts into a plan; like all layers from `spec` to `components`, it performs no I/O
//! - [`connect`]: clients of API servers
//! - [`aws`]: ECR, EKS and CodeBuild
//! - [`controller`]: observe, plan, apply and report
//! - [`view`]: what is shown to people of a platform
//! - [`cli`] and [`status_page`], of which neither imports the other
//! - [`run`]: the process

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
