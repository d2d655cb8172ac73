//! The load of a resilience drill: orders at the gateway while pay does wrong. Its report is its last words.

mod alerts;
mod assignment;
mod client;
mod guard;
mod load;
mod measure;
mod metrics;
mod pay_fault;
mod report;
mod run;
mod settle;
mod sidecars;

use anyhow::Context as _;
use clap::Parser;
use fdp_drill::{ASSIGNMENT, Report};
use std::io;
use std::path::PathBuf;
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::LocalSet;
use tokio_util::sync::CancellationToken;

/// Drives load against a platform as its assignment says, and reports what it has measured. Exits with 0 if there is a
/// report, whatever it says.
#[derive(Debug, Parser)]
#[command(name = "drill", version)]
struct Flags {
    /// Where to write the report, for the operator to read.
    #[arg(long, default_value = "/dev/termination-log")]
    report: PathBuf,
}

fn main() -> anyhow::Result<()> {
    let flags = Flags::parse();
    // The report alone is on stdout.
    tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_writer(io::stderr)
        .init();
    // One thread: it runs on the machine that it measures.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("starting")?;
    let done = LocalSet::new().block_on(&runtime, drill());
    // A resolver that still waits for a name server must not keep the program from ending.
    runtime.shutdown_background();
    let (report, done) = match done {
        Ok(report) => (report, Ok(())),
        Err(error) => (refusal(&error), Err(error)),
    };
    let text = report::text(report).context("writing the report as JSON")?;
    let told = report::tell(&text, &flags.report);
    done?;
    told.with_context(|| format!("writing the report to {}", flags.report.display()))
}

async fn drill() -> anyhow::Result<Report> {
    let mut terminate = signal(SignalKind::terminate()).context("listening for the signal to stop")?;
    let text = std::env::var(ASSIGNMENT).ok();
    let (assignment, gateway) = assignment::read(text.as_deref())?;
    let seed = rand::random();
    tracing::info!(seed, "the drill begins");
    let stop = CancellationToken::new();
    let stop_when_told = stop.clone();
    tokio::task::spawn_local(async move {
        terminate.recv().await;
        stop_when_told.cancel();
    });
    Ok(run::run(assignment, gateway, seed, &stop).await?)
}

/// What the operator reads if there is nothing to report.
fn refusal(error: &anyhow::Error) -> Report {
    Report {
        problem: Some(error.to_string()),
        ..Report::default()
    }
}
