//! Generates load: customers who order over persistent connections, at full speed or at a fixed rate.
//!
//! It runs on the same machine as what it measures, so it does as little as possible: it has one thread, and it
//! counts responses without reading them.

use anyhow::{Context, Result, ensure};
use futures::future::join_all;
use hdrhistogram::Histogram;
use http_body_util::{BodyExt as _, Full};
use hyper::Request;
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::header::{CONTENT_TYPE, HOST};
use hyper_util::rt::TokioIo;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};
use tokio::net::TcpStream;

/// Longer latencies are recorded as this one, in microseconds.
const LONGEST_US: u64 = 60_000_000;
/// The item that every customer orders.
const ITEM: &str = "통닭";

/// The parameters of a load.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Load {
    /// The gateway's port on loopback.
    pub(crate) port: u16,
    /// The number of concurrent customers.
    pub(crate) customers: u32,
    pub(crate) duration: Duration,
    /// Orders per second of all customers together; full speed if `None`.
    pub(crate) pace: Option<f64>,
}

/// The result.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// The latencies of placed orders, in microseconds; with a fixed rate, since the time at which the order was due.
    latency: Histogram<u64>,
    /// Responses by status.
    pub(crate) answers: BTreeMap<u16, u64>,
    /// Requests without a response.
    pub(crate) unanswered: u64,
    seconds: f64,
}

impl Outcome {
    fn new() -> Result<Self> {
        Ok(Self {
            latency: Histogram::new_with_bounds(1, LONGEST_US, 3)?,
            answers: BTreeMap::new(),
            unanswered: 0,
            seconds: 0.0,
        })
    }

    /// Orders that were placed and paid.
    pub(crate) fn placed(&self) -> u64 {
        self.answers.get(&201).copied().unwrap_or_default()
    }

    /// The same per second.
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    pub(crate) fn per_second(&self) -> f64 {
        self.placed() as f64 / self.seconds
    }

    /// The actual duration, including the last responses.
    pub(crate) fn seconds(&self) -> f64 {
        self.seconds
    }

    /// The share of orders that were placed and paid, in percent.
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    pub(crate) fn availability(&self) -> f64 {
        let asked = self.answers.values().sum::<u64>() + self.unanswered;
        self.placed() as f64 * 100.0 / asked.max(1) as f64
    }

    /// The latency that this share of the placed orders did not exceed, in milliseconds.
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    pub(crate) fn milliseconds(&self, share: f64) -> f64 {
        self.latency.value_at_quantile(share) as f64 / 1000.0
    }
}

impl Load {
    /// Orders until the time is over.
    ///
    /// # Errors
    /// When not a single order could be placed.
    pub(crate) fn run(&self) -> Result<Outcome> {
        let outcome = RefCell::new(Outcome::new()?);
        let started = Instant::now();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        runtime.block_on(async {
            let due = RefCell::new(0_u32);
            let customers = (0..self.customers).map(|number| self.order(number, started, &due, &outcome));
            join_all(customers).await;
        });
        let mut outcome = outcome.into_inner();
        outcome.seconds = started.elapsed().as_secs_f64();
        ensure!(
            outcome.placed() > 0,
            "not one order was placed: {:?}, {} without an answer",
            outcome.answers,
            outcome.unanswered
        );
        Ok(outcome)
    }

    /// One customer's orders, sequentially.
    async fn order(&self, number: u32, started: Instant, due: &RefCell<u32>, outcome: &RefCell<Outcome>) {
        let body =
            serde_json::json!({"item": ITEM, "storeId": 1, "customerId": format!("customer-{number}")});
        let body = Bytes::from(body.to_string());
        let mut connection = None;
        while started.elapsed() < self.duration {
            let asked = match self.pace {
                None => Instant::now(),
                Some(pace) => {
                    let turn = due.replace_with(|turn| *turn + 1);
                    let moment = started + Duration::from_secs_f64(f64::from(turn) / pace);
                    if moment >= started + self.duration {
                        return;
                    }
                    tokio::time::sleep_until(moment.into()).await;
                    moment
                }
            };
            let Ok(status) = place(self.port, &mut connection, &body).await else {
                connection = None;
                outcome.borrow_mut().unanswered += 1;
                tokio::time::sleep(Duration::from_millis(10)).await;
                continue;
            };
            let mut outcome = outcome.borrow_mut();
            *outcome.answers.entry(status).or_default() += 1;
            if status == 201 {
                let took = u64::try_from(asked.elapsed().as_micros()).unwrap_or(u64::MAX);
                outcome.latency.saturating_record(took);
            }
        }
    }
}

type Connection = SendRequest<Full<Bytes>>;

/// Places one order and returns the response's status.
async fn place(port: u16, connection: &mut Option<Connection>, body: &Bytes) -> Result<u16> {
    let sender = match connection {
        Some(sender) => sender,
        none => none.insert(connect(port).await?),
    };
    sender.ready().await?;
    let request = Request::post("/orders")
        .header(HOST, "shop")
        .header(CONTENT_TYPE, "application/json")
        .body(Full::new(body.clone()))?;
    let answer = sender.send_request(request).await?;
    let status = answer.status().as_u16();
    let mut body = answer.into_body();
    while let Some(frame) = body.frame().await {
        frame?;
    }
    Ok(status)
}

async fn connect(port: u16) -> Result<Connection> {
    let stream = TcpStream::connect(("127.0.0.1", port))
        .await
        .context("connecting to the gateway")?;
    stream.set_nodelay(true)?;
    let (sender, connection) = handshake(TokioIo::new(stream)).await?;
    // If the connection fails, the next request on it reports that.
    tokio::spawn(async move { drop(connection.await) });
    Ok(sender)
}
