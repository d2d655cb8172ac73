//! The command line `fdp-contracts write | check | publish`: the documents of all services and events.

use anyhow::{Result, bail};
use clap::Parser;
use fdp_contract_check::{breaks, documents, is_on_purpose, pages, read, root, stale};

/// The documents of all services (OpenAPI) and events (AsyncAPI), generated from their types.
#[derive(Parser)]
enum Command {
    /// Write them to services/contracts, and the lists of metrics and terms to docs.
    Write,
    /// Fail when the written files are out of date, or would break users of the published ones.
    Check,
    /// Make the written documents the published ones, which later documents must not break.
    Publish,
}

fn main() -> Result<()> {
    match Command::parse() {
        Command::Write => {
            write("")?;
            for (path, text) in pages() {
                std::fs::write(fdp_checkout::root().join(path), text)?;
            }
        }
        Command::Check => check()?,
        Command::Publish => write("published/")?,
    }
    Ok(())
}

fn write(below: &str) -> Result<()> {
    for document in documents()? {
        let path = root().join(below).join(&document.path);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent)?;
        }
        std::fs::write(path, document.text)?;
    }
    Ok(())
}

fn check() -> Result<()> {
    let documents = documents()?;
    let stale = stale(&documents);
    if !stale.is_empty() {
        bail!(
            "stale: {}; run 'cargo run -p fdp-contract-check -- write'",
            stale.join(", ")
        );
    }
    let published = |path: &str| read(&format!("published/{path}"));
    let mut breaks = breaks(&documents, published)?;
    breaks.retain(|broken| !is_on_purpose(broken));
    if !breaks.is_empty() {
        bail!(
            "this would break users of the published documents:\n  {}\nif that is intended, run \
             'cargo run -p fdp-contract-check -- publish'",
            breaks.join("\n  ")
        );
    }
    Ok(())
}
