//! What a drill measures: counts, times and rows, without any input or output.

mod accepted;
mod answers;
mod outcome;
mod record;
mod recovery;
mod tally;
mod timeline;

pub(crate) use accepted::{Accepted, Order};
pub(crate) use answers::Answers;
pub(crate) use outcome::Outcome;
pub(crate) use record::{Record, Sent};
pub(crate) use timeline::{Span, Timeline};
