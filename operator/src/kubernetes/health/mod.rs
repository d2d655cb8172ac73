//! The health of workloads: whether each is ready, and if not, why.

mod absent;
mod deployment;
mod generation;
mod job;
mod pod;
mod stateful_set;
#[cfg(test)]
mod tests;
mod text;

pub use absent::absent;
pub use deployment::{deployment, rolled_out_since};
pub use generation::observed;
pub use job::job;
pub use pod::{pods_of, why};
pub use stateful_set::stateful_set;
pub use text::shortened;
