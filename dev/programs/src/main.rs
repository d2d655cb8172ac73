//! Builds all third-party programs and definitions before the tests that need them, while other tests are waiting.

use anyhow::{Context as _, Result};

fn main() -> Result<()> {
    fdp_programs::make_all().context("build third-party programs and definitions")
}
