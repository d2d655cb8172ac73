//! OCI images without Docker: from files on this machine to archives that containerd, kind and skopeo read.
//!
//! [`build`] makes every image of the platform, [`push`] sends them to a
//! registry, and [`pack`] is the small writer below both, for anyone who has
//! files and wants an image.

mod archive;
pub mod cloud_native_pg;
mod command;
mod error;
mod host;
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
pub use error::Error;
pub use kafka::kafka_libs;
pub use maven::maven_libraries;
pub use platform::{BuildOptions, DEFAULT_PREFIX, ImageSet, build, load};
pub use push::push;
pub use python::python_tool;
pub use service::own_images;
pub use shell::shell;
pub use tree::{Owner, Tree};
