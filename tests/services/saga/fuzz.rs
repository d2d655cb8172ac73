//! Tests with a fuzzer that the services satisfy their API documents.

use anyhow::{Context, Result, bail};
use fdp_test_services::Platform;
use fdp_test_services::schemathesis::Schemathesis;
use fdp_test_services::services::names;

const EXAMPLES: u32 = 25;
const SEED: u64 = 4;

/// There must be no 5xx, no response that the document does not describe, and no accepted request that it forbids.
/// `FUZZ_EXAMPLES` and `FUZZ_SEED` set the length and the choices.
pub(crate) fn every_service_keeps_its_document(platform: &mut Platform) -> Result<()> {
    let examples = setting("FUZZ_EXAMPLES", u64::from(EXAMPLES))?;
    let seed = setting("FUZZ_SEED", SEED)?;
    println!("{examples} examples for each operation; again with FUZZ_SEED={seed}");
    let fuzzer = Schemathesis::install(&fdp_checkout::cache(), platform.directory())?;
    let mut broken = Vec::new();
    for name in names() {
        let port = platform
            .port(name)
            .with_context(|| format!("{name} has no port"))?;
        if let Err(error) = fuzzer.fuzz(name, port, u32::try_from(examples)?, seed) {
            broken.push(format!("{error:#}"));
        }
    }
    if !broken.is_empty() {
        bail!("{}", broken.join("\n"));
    }
    Ok(())
}

fn setting(name: &str, default: u64) -> Result<u64> {
    match std::env::var(name) {
        Ok(value) => value
            .parse()
            .with_context(|| format!("{name} is '{value}', and should be a number")),
        Err(_) => Ok(default),
    }
}
