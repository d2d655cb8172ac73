//! Runs a real Kubernetes cluster on the local machine without virtual machines, and removes all of it afterwards.
//!
//! [`up`] starts a [`Cluster`] in its own namespaces; [`Cluster::down`] removes it completely.

mod addons;
pub mod agent;
mod binaries;
mod bring_up;
pub mod certificates;
mod cgroups;
mod cluster;
pub mod command;
mod components;
mod configuration;
mod down;
mod error;
mod forward;
pub mod go;
mod images;
mod import;
mod keeper;
pub mod kubeconfig;
mod layout;
pub mod lock;
mod mounts;
mod network;
mod node_supervisor;
mod oci;
mod options;
pub mod paths;
mod preflight;
mod problem;
mod process;
mod progress;
mod registry;
mod spec;
mod state;
pub mod text;
mod up;
mod wait;

pub use binaries::{Binaries, build};
pub use cluster::Cluster;
pub use down::down;
pub use error::{Error, Result};
pub use images::BUSYBOX;
pub use options::{ClusterOptions, Forward, Lifetime};
pub use preflight::{install_missing, preflight};
pub use problem::Problem;
pub use progress::{Progress, Silent, Terminal};
pub use up::{find, up};

/// The processes of a cluster; the program `fdp-cluster` runs as one of them when it is called with a hidden
/// subcommand.
#[doc(hidden)]
pub mod processes {
    pub use crate::keeper::keep;
    pub use crate::node_supervisor::supervise;
}
