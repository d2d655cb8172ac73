//! Orders per second through gateway, order and pay, held against what the same PostgreSQL can insert.
//!
//! Bare times say more about the machine than about the program; a ratio of two measurements made one after
//! the other, on one server, with as many clients, says something about the program.

use anyhow::{Context, Result, ensure};
use fdp_saga::Platform;
use serde_json::json;
use std::process::Command;
use std::time::{Duration, Instant};

const CLIENTS: u32 = 16;
const SECONDS: u32 = 15;
const CAUGHT_UP: Duration = Duration::from_mins(3);

fn main() -> Result<()> {
    let mut platform = Platform::start()?;
    let inserts = inserts_per_second(&mut platform)?;
    let orders = order(&platform)?;
    let started = Instant::now();
    platform.wait_at_rest(CAUGHT_UP)?;
    let caught_up = started.elapsed();

    println!("{CLIENTS} clients, {SECONDS} s each, the same PostgreSQL, fsync on");
    println!("  single-row inserts (pgbench)            {inserts:>9.0} /s");
    println!(
        "  orders placed and paid (201)            {:>9.0} /s",
        orders.per_second()
    );
    println!(
        "  inserts per order                       {:>9.1}",
        inserts / orders.per_second()
    );
    println!(
        "  order latency p50, p99                  {:>9.1} ms {:>8.1} ms",
        orders.quantile(0.5),
        orders.quantile(0.99)
    );
    println!("  orders refused                          {:>9}", orders.refused);
    println!(
        "  until every order was in a final state  {:>9.1} s after the last one",
        caught_up.as_secs_f64()
    );
    Ok(())
}

/// The rate at which pgbench inserts one row a transaction.
fn inserts_per_second(platform: &mut Platform) -> Result<f64> {
    let folder = std::env::temp_dir().join(format!("fdp-bench-{}.sql", std::process::id()));
    std::fs::write(&folder, "INSERT INTO single_rows (note) VALUES ('one row');\n")?;
    let address = platform.postgres().administrator_url();
    let run = |program: &str, arguments: &[&str]| -> Result<String> {
        let output = Command::new(format!("/usr/lib/postgresql/15/bin/{program}"))
            .args(arguments)
            .output()
            .with_context(|| format!("starting {program}"))?;
        ensure!(
            output.status.success(),
            "{program}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    };
    run(
        "psql",
        &[
            &address,
            "--command",
            "CREATE TABLE single_rows (id BIGSERIAL PRIMARY KEY, note TEXT)",
        ],
    )?;
    let (clients, seconds) = (CLIENTS.to_string(), SECONDS.to_string());
    let script = folder.display().to_string();
    let printed = run(
        "pgbench",
        &[
            "--no-vacuum",
            "--client",
            &clients,
            "--jobs=2",
            "--time",
            &seconds,
            "--file",
            &script,
            &address,
        ],
    );
    std::fs::remove_file(&folder)?;
    let printed = printed?;
    printed
        .lines()
        .find_map(|line| {
            line.strip_prefix("tps = ")?
                .split_whitespace()
                .next()?
                .parse()
                .ok()
        })
        .with_context(|| format!("pgbench printed no rate:\n{printed}"))
}

/// What came of the orders.
struct Orders {
    /// How long each took, in milliseconds, shortest first.
    milliseconds: Vec<f64>,
    refused: u32,
    seconds: f64,
}

impl Orders {
    fn per_second(&self) -> f64 {
        f64::from(u32::try_from(self.milliseconds.len()).unwrap_or(u32::MAX)) / self.seconds
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "an index into the measurements"
    )]
    fn quantile(&self, share: f64) -> f64 {
        let index = ((self.milliseconds.len() as f64 * share) as usize)
            .min(self.milliseconds.len().saturating_sub(1));
        self.milliseconds.get(index).copied().unwrap_or_default()
    }
}

/// Customers order as fast as they are answered.
fn order(platform: &Platform) -> Result<Orders> {
    let started = Instant::now();
    let customers: Vec<_> = (0..CLIENTS)
        .map(|customer| {
            let gateway = platform.gateway();
            std::thread::spawn(move || {
                let body =
                    json!({"item": "통닭", "storeId": 1, "customerId": format!("customer-{customer}")});
                let (mut took, mut refused) = (Vec::new(), 0);
                while started.elapsed() < Duration::from_secs(u64::from(SECONDS)) {
                    let asked = Instant::now();
                    match gateway
                        .post("/orders", &body)
                        .and_then(|answer| answer.expect(201))
                    {
                        Ok(_) => took.push(asked.elapsed().as_secs_f64() * 1000.0),
                        Err(_) => refused += 1,
                    }
                }
                (took, refused)
            })
        })
        .collect();
    let mut orders = Orders {
        milliseconds: Vec::new(),
        refused: 0,
        seconds: 0.0,
    };
    for customer in customers {
        let (took, refused) = customer
            .join()
            .map_err(|_| anyhow::anyhow!("a customer's thread panicked"))?;
        orders.milliseconds.extend(took);
        orders.refused += refused;
    }
    orders.seconds = started.elapsed().as_secs_f64();
    orders.milliseconds.sort_by(f64::total_cmp);
    ensure!(!orders.milliseconds.is_empty(), "not one order was placed");
    Ok(orders)
}
