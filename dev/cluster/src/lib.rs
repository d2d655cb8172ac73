//! A real Kubernetes on a bare machine, and nothing left of it afterwards.
//!
//! [`up`] brings a [`Cluster`] up in namespaces of its own; [`Cluster::down`] removes it without a trace.

mod addons;
mod agent;
mod binaries;
mod bring_up;
pub mod certificates;
mod cgroups;
mod cluster;
pub mod command;
mod components;
mod configuration;
mod error;
mod forward;
pub mod go;
mod images;
mod keeper;
pub mod kubeconfig;
mod layout;
pub mod lock;
mod mounts;
mod network;
mod oci;
mod options;
pub mod paths;
mod preflight;
mod process;
mod progress;
mod registry;
mod spec;
mod state;
mod supervisor;
pub mod text;
mod wait;

pub use binaries::{Binaries, build};
pub use cluster::{Cluster, down, find, up};
pub use error::{Error, Result};
pub use images::BUSYBOX;
pub use options::{ClusterOptions, Forward, Lifetime};
pub use preflight::{Problem, install_missing, preflight};
pub use progress::{Progress, Silent, Terminal};

/// The processes of a cluster; the program `fdp-cluster` becomes one when it is asked to.
#[doc(hidden)]
pub mod processes {
    pub use crate::keeper::keep;
    pub use crate::supervisor::supervise;
}
