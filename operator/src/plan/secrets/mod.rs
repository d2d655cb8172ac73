//! The Secrets that a platform names: which they are, what they lack, and that the pods that read them follow them.

mod asked;
mod follow;
mod named;
mod problem;
mod reads;
mod told;

pub use asked::{asks_for, missing, unwatched};
pub(super) use follow::{follow, hash_of};
pub use named::{Named, Reader};
pub(super) use named::{in_all, of_platform, of_store};
pub(super) use problem::{Problem, problem};
pub use reads::reads_secret;
pub(super) use told::{held, notices};
