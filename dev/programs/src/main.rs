//! Makes everything of others ahead of the tests that need it, in the time that other tests spend waiting.

use anyhow::{Context as _, Result};

fn main() -> Result<()> {
    fdp_programs::make_all().context("make the programs and definitions of others")
}
