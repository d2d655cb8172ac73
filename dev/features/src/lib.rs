//! An empty library whose dependencies give all builds of the workspace the same features.
//!
//! Cargo compiles a library once for each set of features. Without this package, a build without tests would need
//! fewer features than one with tests, and nearly everything would be compiled twice. Published images are built
//! package by package, without this one.
