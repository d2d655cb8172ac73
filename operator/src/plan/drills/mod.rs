//! Drills: what they do to a platform at the moment, and what each has shown. A fault is an input of the plan like any other,
//! so that nothing has to be put back: when a drill is over, or gone, the plan is again what it was before.

mod alerts;
mod assignment;
mod effect;
mod expectations;
mod finish;
mod guard;
mod jobs;
mod kills;
mod proof;
mod replicas;
mod runner;
mod settings;
mod step;
#[cfg(test)]
mod tests;
mod turn;
mod verdict;

pub use effect::{Replacement, under_fault};
pub use kills::Kill;
pub use runner::{PodSeen, RunnerProof};
pub use turn::{Drilled, at_work, drills, without_platform};
