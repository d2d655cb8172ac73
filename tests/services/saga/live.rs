//! Tests the live updates of orders while the front end restarts, and that only operators reach drills.

use crate::shop::{self, DELIVERY_TIMEOUT, EVENT_TIMEOUT};
use anyhow::{Context, Result, ensure};
use fdp_test_process::wait;
use fdp_test_services::Platform;
use serde_json::json;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;
use std::time::Duration;

const SILENCE: Duration = Duration::from_secs(20);

/// A client of server-sent events that records the versions it receives.
struct Reader {
    lines: BufReader<TcpStream>,
}

impl Reader {
    fn open(port: u16, order_id: &str, heard: u64) -> Result<Self> {
        let mut stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_read_timeout(Some(SILENCE))?;
        write!(
            stream,
            "GET /views/orders/{order_id}/events HTTP/1.1\r\nHost: shop\r\nLast-Event-ID: {heard}\r\n\r\n"
        )?;
        Ok(Self {
            lines: BufReader::new(stream),
        })
    }

    /// The next version; `None` when the stream has ended or failed.
    fn next(&mut self) -> Option<u64> {
        loop {
            let mut line = String::new();
            let read = self.lines.read_line(&mut line).ok()?;
            if read == 0 || line == "0\r\n" {
                return None;
            }
            if let Some(version) = line.strip_prefix("id: ") {
                return version.trim().parse().ok();
            }
        }
    }
}

pub(crate) fn across_a_restart(platform: &mut Platform) -> Result<()> {
    let gateway = platform.gateway();
    let port = platform.port("gateway").context("there is no gateway")?;
    let body = json!({"item": "비빔밥", "customerId": "watcher"});
    let id = shop::place(&gateway, &body)?;
    let view = format!("/views/orders/{id}");
    wait::until("the order to be seen in the view", EVENT_TIMEOUT, || {
        gateway.get(&view)?.expect(200).map(Some)
    })?;
    let mut reader = Reader::open(port, &id, 0)?;
    let mut heard = vec![reader.next().context("no event was received about a new order")?];
    platform.crash_service("frontend")?;
    while let Some(version) = reader.next() {
        heard.push(version);
    }
    platform.start_service("frontend")?;
    platform.wait_ready("frontend")?;
    let last = heard.last().copied().unwrap_or_default();
    let mut reader = Reader::open(port, &id, last)?;
    while let Some(version) = reader.next() {
        heard.push(version);
    }
    let story = shop::settled(platform, [&id], DELIVERY_TIMEOUT)?.remove(0);
    let all: Vec<u64> = (1..=story.order["version"].as_u64().unwrap_or_default()).collect();
    ensure!(heard == all, "received the versions {heard:?}, not {all:?}");
    let version = all.len().to_string();
    let header = [("last-event-id", version.as_str())];
    gateway
        .send("GET", &format!("{view}/events"), &header, None)?
        .expect(204)
        .map(drop)
}

/// Drills have a port of their own: through the gateway, `/drills` leads to the front end, which has no such page, and pay's
/// main port, which every service may reach, has no such path.
pub(crate) fn drills_stay_inside(platform: &mut Platform) -> Result<()> {
    let drill = json!({"failureRate": 1, "forSeconds": 60});
    for path in ["/drills", "/payments/../drills", "/payments/%2e%2e/drills"] {
        let answer = platform.gateway().send("PUT", path, &[], Some(&drill))?;
        ensure!((400..500).contains(&answer.status), "{path}: {}", answer.status);
    }
    let pay = platform.client("pay");
    for (method, body) in [("GET", None), ("PUT", Some(&drill)), ("DELETE", None)] {
        pay.send(method, "/drills", &[], body)?.expect_problem(404)?;
    }
    let present = platform.drills().get("/drills")?.expect(200)?.body;
    ensure!(present["failureRate"] == json!(0.0), "a drill is on: {present}");
    Ok(())
}
