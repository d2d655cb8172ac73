//! Builds OCI images without Docker, as archives that containerd, kind and skopeo read.
//!
//! [`build`] builds every image of the platform, [`push`] sends them to a registry, and [`pack`] builds an image from
//! any files.

mod archive;
pub mod cloud_native_pg;
mod command;
mod envoy;
mod error;
mod host;
pub mod istio;
mod kafka;
mod layer;
mod maven;
mod platform;
mod postgres;
mod push;
mod python;
mod service;
mod shell;
mod tree;

pub use archive::{Config, Image, Recipe, pack};
pub use envoy::{ENVOY_VERSION, envoy};
pub use error::Error;
pub use kafka::kafka_libs;
pub use maven::maven_libraries;
pub use platform::{BuildOptions, DEFAULT_PREFIX, ImageSet, build, load};
pub use push::push;
pub use python::python_tool;
pub use service::own_images;
pub use shell::shell;
pub use tree::{Owner, Tree};
