//! Compares the gateway with Envoy: the same service behind both and the same load, each proxy on a separate core.

use crate::machine::cpu_seconds;
use crate::report::{self, Target};
use anyhow::{Context, Result, ensure};
use fdp_images::ENVOY_VERSION;
use fdp_test_process::process::{self, Process};
use fdp_test_process::wait;
use fdp_test_services::{Client, services};
use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
use nix::unistd::Pid;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

const CONNECTIONS: u32 = 32;
const ROUNDS: usize = 3;
const START: Duration = Duration::from_secs(20);

/// The result of one proxy in one round.
#[derive(Debug, Clone, Copy)]
struct Round {
    per_second: f64,
    /// Requests per second of the proxy's processor time.
    per_core: f64,
    p99_milliseconds: f64,
}

/// One of a round's figures.
type Figure = fn(&Round) -> f64;

/// Measures both alternately, several times, and prints the medians and their ratio.
///
/// # Errors
/// When one of the programs is missing, does not start, or responds wrongly.
pub(crate) fn measure(duration: Duration) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let cores = Cores::of_this_machine()?;
    let service = service(cores)?;
    let (gateway, mut gateway_process) = start_gateway(service, folder.path(), cores)?;
    let (envoy, mut envoy_process) = start_envoy(service, folder.path(), cores)?;
    let mut rounds: [Vec<Round>; 2] = [Vec::new(), Vec::new()];
    for _ in 0..ROUNDS {
        // The two proxies alternate, so that a slower machine affects both.
        rounds[0].push(load(gateway, gateway_process.id(), duration, cores)?);
        rounds[1].push(load(envoy, envoy_process.id(), duration, cores)?);
    }
    gateway_process.still_runs()?;
    envoy_process.still_runs()?;
    let [ours, theirs] = rounds;
    println!(
        "  {CONNECTIONS} connections, {ROUNDS} x {} s each in turn, medians; one core for the proxy",
        duration.as_secs()
    );
    let figures: [(&str, &str, Figure); 3] = [
        ("requests per second", "/s", |round| round.per_second),
        ("requests per second on a CPU", "/s", |round| round.per_core),
        ("p99", "ms", |round| round.p99_milliseconds),
    ];
    for (what, unit, figure) in figures {
        report::figure(&format!("{what}, gateway"), median(&ours, figure), unit);
        report::figure(
            &format!("{what}, Envoy {ENVOY_VERSION}"),
            median(&theirs, figure),
            unit,
        );
    }
    let ratio = |figure: Figure| median(&ours, figure) / median(&theirs, figure);
    let [(_, _, per_second), (_, _, per_core), (_, _, p99)] = figures;
    report::figure("gateway : Envoy, requests per second", ratio(per_second), "x");
    report::against(
        "gateway : Envoy, per core",
        ratio(per_core),
        "x",
        Target::AtLeast(1.0),
    );
    report::against("gateway : Envoy, p99", ratio(p99), "x", Target::AtMost(1.0));
    Ok(())
}

fn median(rounds: &[Round], figure: impl Fn(&Round) -> f64) -> f64 {
    let mut figures: Vec<f64> = rounds.iter().map(figure).collect();
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or_default()
}

/// A service that costs as little as possible: it responds to every request with the same few bytes.
fn service(cores: Cores) -> Result<u16> {
    let listener = TcpListener::bind(("127.0.0.1", 0))?;
    let port = listener.local_addr()?.port();
    std::thread::spawn(move || -> Result<()> {
        let mut core = CpuSet::new();
        core.set(cores.rest)?;
        // Threads that this thread starts stay on its core.
        sched_setaffinity(Pid::from_raw(0), &core)?;
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

/// The cores of the programs.
#[derive(Debug, Clone, Copy)]
struct Cores {
    /// The core of the measured proxy.
    proxy: usize,
    /// The core of the load and the service; the same if there is only one.
    rest: usize,
}

impl Cores {
    /// The first two that this process may use.
    fn of_this_machine() -> Result<Self> {
        let allowed = sched_getaffinity(Pid::from_raw(0)).context("asking which cores may be used")?;
        let mut cores = (0..CpuSet::count()).filter(|core| allowed.is_set(*core).unwrap_or(false));
        let proxy = cores.next().context("no core may be used")?;
        Ok(Self {
            proxy,
            rest: cores.next().unwrap_or(proxy),
        })
    }
}

fn pinned(program: &Path, core: usize) -> Command {
    let mut command = process::command("taskset", None);
    command.args(["--cpu-list", &core.to_string()]).arg(program);
    command
}

fn start_gateway(service: u16, folder: &Path, cores: Cores) -> Result<(u16, Process)> {
    let port = fdp_ports::free()?;
    let mut command = pinned(&services::binaries()?.join("gateway"), cores.proxy);
    command
        .env("PORT", port.to_string())
        .env("MANAGEMENT_PORT", "0")
        .env("BIND_ADDRESS", "127.0.0.1")
        .env("ORDER_URL", format!("http://127.0.0.1:{service}"));
    let process = Process::start("gateway", command, &folder.join("gateway.log"))?;
    Ok((port, ready("gateway", port, process)?))
}

fn start_envoy(service: u16, folder: &Path, cores: Cores) -> Result<(u16, Process)> {
    let port = fdp_ports::free()?;
    let configuration = folder.join("envoy.yaml");
    std::fs::write(&configuration, envoy_configuration(port, service))?;
    let envoy = fdp_images::envoy(&fdp_checkout::cache(), &mut |line| eprintln!("{line}"))?;
    let mut command = pinned(&envoy, cores.proxy);
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

/// Envoy with the features of the gateway: forwarded client address, request id, timeout, retry when the connection
/// fails.
fn envoy_configuration(port: u16, service: u16) -> String {
    include_str!("envoy.yaml")
        .replace("LISTEN_PORT", &port.to_string())
        .replace("SERVICE_PORT", &service.to_string())
}

/// Sends load to the proxy on `port`, with the process ID `id`, for `duration`.
fn load(port: u16, id: u32, duration: Duration, cores: Cores) -> Result<Round> {
    let before = cpu_seconds(id)?;
    let output = pinned(Path::new("wrk"), cores.rest)
        .args(["--latency", "--threads", "1"])
        .args([
            "--connections",
            &CONNECTIONS.to_string(),
            "--duration",
            &format!("{}s", duration.as_secs()),
        ])
        .arg(format!("http://127.0.0.1:{port}/orders/1"))
        .output()
        .context("starting wrk (apt-get install wrk)")?;
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    ensure!(
        output.status.success() && !printed.contains("Non-2xx") && !printed.contains("Socket errors"),
        "wrk reported errors: {printed}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let used = cpu_seconds(id)? - before;
    let word = |start: &str| {
        let line = printed
            .lines()
            .map(str::trim)
            .find_map(|line| line.strip_prefix(start));
        line.map(str::trim)
            .with_context(|| format!("wrk printed no {start}:\n{printed}"))
    };
    Ok(Round {
        per_second: word("Requests/sec:")?.parse()?,
        per_core: answered(&printed)? / used,
        p99_milliseconds: milliseconds(word("99%")?)?,
    })
}

/// The number of responses in wrk's output: "  81234 requests in 5.01s, 12.3MB read".
fn answered(printed: &str) -> Result<f64> {
    let count = printed.lines().find_map(|line| line.split_once(" requests in "));
    let (count, _) = count.with_context(|| format!("wrk printed no number of requests:\n{printed}"))?;
    Ok(count.trim().parse()?)
}

/// A duration in wrk's output, such as 1.23ms, 45.00us or 1.02s.
fn milliseconds(text: &str) -> Result<f64> {
    let units = [("us", 0.001), ("ms", 1.0), ("s", 1000.0)];
    let (number, factor) = units
        .iter()
        .find_map(|(unit, factor)| Some((text.strip_suffix(unit)?, factor)))
        .with_context(|| format!("'{text}' is no time"))?;
    Ok(number.parse::<f64>()? * factor)
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
    fn requests_are_counted_as_wrk_counted_them() {
        let printed = "  1 threads and 32 connections\n  81234 requests in 5.01s, 12.3MB read\nRequests/sec:  16214.37\n";
        assert!((answered(printed).unwrap() - 81_234.0).abs() < 1e-9);
        assert!(answered("unable to connect").is_err());
    }

    #[test]
    fn the_proxy_has_a_core_of_its_own_where_there_are_two() {
        let cores = Cores::of_this_machine().unwrap();
        let allowed = std::thread::available_parallelism().unwrap().get();
        assert_eq!(cores.proxy != cores.rest, allowed > 1, "{cores:?}");
    }
}
