//! How orders are counted, and what the counts recommend.

mod counting;
mod item;
mod recommendation;

pub use counting::{CountDelta, CountDeltas, CountState};
pub use item::{Item, items};
pub(crate) use recommendation::OWN_WEIGHT;
pub use recommendation::{Popularity, Recommendation, recommend};
