//! What the load of a resilience drill is told, and what it reports: the contract between the operator and the load's Job.

mod alerts;
mod assignment;
mod report;

pub use alerts::{AlertsSeen, AskedAlerts};
pub use assignment::{ASSIGNMENT, Arrivals, Assignment, DelayRange, Guard, Mix, PayFault, Sidecars, Stage};
pub use report::{Ends, FaultSeen, Guarded, Measured, Phase, Report, SidecarsSeen, Worst};
