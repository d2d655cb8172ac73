//! Mock servers for AWS: moto, and our own where moto lacks something or a test has to count, reject or delay calls.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::missing_panics_doc,
    reason = "a helper of tests may fail the test"
)]

mod between;
mod codebuild_peer;
mod eks_peer;
mod forward;
mod moto;
mod operation;
mod served;

pub use between::{Between, Rule};
pub use codebuild_peer::CodeBuildPeer;
pub use eks_peer::EksPeer;
pub use forward::forward;
pub use moto::Moto;
pub use served::Served;
