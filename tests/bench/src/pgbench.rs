//! The reference: how many single-row inserts per second the same PostgreSQL handles with its own pgbench.

use anyhow::{Context, Result, ensure};
use fdp_test_services::Platform;
use std::io::Write as _;
use std::process::Command;

/// The directory of PostgreSQL 15 in Debian's layout.
const BINARIES: &str = "/usr/lib/postgresql/15/bin";
const TABLE: &str = "CREATE TABLE single_rows (id BIGSERIAL PRIMARY KEY, note TEXT)";
const INSERT: &str = "INSERT INTO single_rows (note) VALUES ('one row');";

/// The rate at which pgbench inserts one row per transaction, with `clients` clients for `seconds` seconds.
///
/// # Errors
/// When PostgreSQL rejects it, or pgbench prints no rate.
pub(crate) fn inserts_per_second(platform: &mut Platform, clients: u32, seconds: u64) -> Result<f64> {
    let address = platform.postgres().administrator_url();
    run("psql", &[&address, "--command", TABLE])?;
    let mut script = tempfile::NamedTempFile::new().context("making a script for pgbench")?;
    writeln!(script, "{INSERT}")?;
    let printed = run(
        "pgbench",
        &[
            "--no-vacuum",
            "--jobs=2",
            &format!("--client={clients}"),
            &format!("--time={seconds}"),
            &format!("--file={}", script.path().display()),
            &address,
        ],
    )?;
    printed
        .lines()
        .find_map(|line| {
            let rate = line.strip_prefix("tps = ")?.split_whitespace().next()?;
            rate.parse().ok()
        })
        .with_context(|| format!("pgbench printed no rate:\n{printed}"))
}

fn run(program: &str, arguments: &[&str]) -> Result<String> {
    let output = Command::new(format!("{BINARIES}/{program}"))
        .args(arguments)
        .output()
        .with_context(|| format!("starting {program}"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{program}: {said}");
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
