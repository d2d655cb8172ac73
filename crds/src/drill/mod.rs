//! `ResilienceDrill`: a fault that a platform has to stand, with a verdict.

mod expect;
mod fault;
mod guard;
mod load;
mod resource;
mod status;

pub use expect::{Expect, ExpectedReplicas};
pub use fault::{ByRunner, Fault, MeshFault, PayDelay, PayFault, PodsKilled, PodsReplaced, ScaledToZero};
pub use guard::Guard;
pub use load::{Load, Mix};
pub use resource::{ResilienceDrill, ResilienceDrillSpec};
pub use status::{
    DrillPhase, DrilledPlatform, Expectation, FormerRun, ReplicasSeen, ResilienceDrillStatus, Verdict,
};
