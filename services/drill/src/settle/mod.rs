//! Follows the accepted orders to their end after the load, to find those that are lost.

mod ends;
mod follow;
mod judgement;
mod look;

pub(crate) use ends::without_a_look;
pub(crate) use follow::settle;
