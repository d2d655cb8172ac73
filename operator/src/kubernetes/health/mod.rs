//! The health of workloads: whether each is ready, and if not, why.

mod absent;
mod container;
mod daemon_set;
mod deployment;
mod evidence;
mod generation;
mod image;
mod job;
mod mount;
mod next_look;
mod patience;
mod pod;
mod refusal;
mod stateful_set;
#[cfg(test)]
mod tests;
mod text;
mod trouble;

pub use absent::absent;
pub use daemon_set::daemon_set;
pub use deployment::{deployment, rolled_out_since};
pub use evidence::Evidence;
pub use generation::observed;
pub use job::job;
pub use next_look::{Silent, next_look, silent};
pub use pod::{is_ready, pods_of, scheduled};
pub use stateful_set::stateful_set;
pub use text::shortened;
pub use trouble::Trouble;
