//! The AWS resources of platforms. Each service has the same files: `desired` and `actual` state, `observe`, `plan`,
//! `step`, `apply`.

pub mod access;
mod call;
pub mod codebuild;
pub mod connections;
pub mod ecr;
pub mod eks;
pub mod error;
pub mod owner;
pub mod partition;
pub mod progress;
pub mod state;
