//! Empty: its manifest is all there is to it.
//!
//! Cargo builds a library once for each set of features, and a build of the workspace without its tests would ask for
//! fewer of some than one with them; as nearly everything stands on these, nearly everything would be built twice.
//! Published images are built package by package, and have none of this.
