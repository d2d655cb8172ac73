//! Tests the pipelines for AWS `CodeBuild`, phase by phase in a plain shell, with a mock server for AWS (moto), a
//! real registry for images, and a real API server.

#![expect(clippy::unwrap_used, reason = "helpers of tests may fail the test")]

mod aws;
mod bench;
mod buildspec;
mod by_commit;
mod by_docker;
mod by_patch;
mod documented;
mod environments;
mod generated;
mod operator_image;
mod policies;
mod refusals;
mod registry;
mod reports;
mod scripts;
mod tools;
