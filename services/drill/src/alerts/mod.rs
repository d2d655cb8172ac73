//! Asks Prometheus every few seconds which alerts fire, from the beginning of the fault to the end of the load.

mod answer;
mod noted;

use crate::client::{AskError, Body, Connection, Server};
use crate::measure::Span;
use answer::{Alert, read};
use chrono::Utc;
use fdp_drill::{AlertsSeen, AskedAlerts};
use hyper::Request;
use noted::Noted;
use std::rc::Rc;
use std::time::Duration;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

/// An alert stays for at least one of Prometheus' evaluations, which are 15 s apart.
const PERIOD: Duration = Duration::from_secs(3);
/// Longer waits would make a look miss the end of the load by much.
const PATIENCE: Duration = Duration::from_secs(2);
const PATH: &str = "/api/v1/alerts";

/// Why Prometheus has not told its alerts.
#[derive(Debug, thiserror::Error)]
enum LookError {
    #[error(transparent)]
    Ask(#[from] AskError),
    #[error("it answers {0}")]
    Refused(String),
    #[error("it answers what is no list of alerts")]
    Unreadable,
}

/// Looks until that time is over, counted from the start, or the drill is stopped; the last look is at the end.
pub(crate) async fn watch(
    asked: &AskedAlerts,
    time: Span,
    started: Instant,
    stop: &CancellationToken,
) -> AlertsSeen {
    let Ok(prometheus) = Server::at_url(&asked.prometheus) else {
        return AlertsSeen {
            problem: Some(format!("'{}' is no address of a Prometheus", asked.prometheus)),
            ..AlertsSeen::default()
        };
    };
    let mut connection = Connection::to(Rc::new(prometheus));
    let (begins, ends) = (started + time.begins, started + time.ends);
    let mut noted = Noted::new(&asked.names);
    let mut problem = None;
    let looking = async {
        sleep_until(begins).await;
        let began = Utc::now();
        let mut next = begins;
        loop {
            let is_last = next >= ends;
            match look(&mut connection).await {
                Ok(alerts) => {
                    noted.see(&alerts, began, begins.elapsed());
                    problem = None;
                }
                Err(error) => {
                    tracing::warn!(%error, "Prometheus does not tell its alerts");
                    problem = Some(format!(
                        "Prometheus could not be asked for alerts at {}: {error}",
                        asked.prometheus
                    ));
                }
            }
            if is_last {
                return;
            }
            next = (next + PERIOD).max(Instant::now()).min(ends);
            sleep_until(next).await;
        }
    };
    stop.run_until_cancelled(looking).await;
    AlertsSeen {
        problem,
        ..noted.seen()
    }
}

async fn look(connection: &mut Connection) -> Result<Vec<Alert>, LookError> {
    let request = Request::get(PATH).body(Body::default()).map_err(AskError::from)?;
    let answer = connection.ask(request, PATIENCE).await?;
    if !answer.is_success() {
        return Err(LookError::Refused(answer.problem()));
    }
    read(&answer).ok_or(LookError::Unreadable)
}
