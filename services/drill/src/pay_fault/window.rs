//! One time of the fault: tells all replicas, looks for new ones every second, and ends it on all.

use super::body::Drill;
use super::replica::{self, Replica};
use fdp_drill::PayFault;
use futures::future::join_all;
use std::collections::BTreeSet;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::time::{Instant, sleep_until, timeout_at};
use tokio_util::sync::CancellationToken;

/// How often the replicas are looked up.
const LOOK: Duration = Duration::from_secs(1);

/// What came of one time of the fault.
#[derive(Debug, Default)]
pub(super) struct Window {
    /// The replicas that were told.
    pub(super) replicas: BTreeSet<SocketAddr>,
    /// What each of them made slow or let fail, together.
    pub(super) payments: u64,
    /// The last reason why one was not told.
    pub(super) error: Option<String>,
}

/// Makes the fault from now until `ends`, or until the drill is stopped, on the replicas that are found.
pub(super) async fn run(
    fault: &PayFault,
    ends: Instant,
    stop: &CancellationToken,
    find: impl AsyncFn() -> io::Result<BTreeSet<SocketAddr>>,
) -> Window {
    let mut window = Window::default();
    let mut asked = BTreeSet::new();
    let telling = async {
        let mut next = Instant::now();
        loop {
            match find().await {
                Ok(found) => {
                    let new: BTreeSet<_> = found.difference(&window.replicas).copied().collect();
                    if found.is_empty() {
                        window.error = Some("the name has no address".to_owned());
                    }
                    asked.extend(&new);
                    tell(fault, ends, new, &mut window).await;
                }
                Err(error) => window.error = Some(error.to_string()),
            }
            next = (next + LOOK).max(Instant::now());
            sleep_until(next).await;
        }
    };
    let _: Option<Result<(), _>> = stop.run_until_cancelled(timeout_at(ends, telling)).await;
    // Also those whose answer had not come yet: they may have heard it.
    let ended = join_all(asked.into_iter().map(|address| end(at(fault, address)))).await;
    window.payments = ended.into_iter().sum();
    window
}

fn at(fault: &PayFault, address: SocketAddr) -> Replica<'_> {
    Replica {
        address,
        name: &fault.address,
    }
}

async fn tell(fault: &PayFault, ends: Instant, new: BTreeSet<SocketAddr>, window: &mut Window) {
    let drill = &Drill::of(fault, ends.saturating_duration_since(Instant::now()));
    let told = new
        .into_iter()
        .map(|address| async move { (address, replica::tell(at(fault, address), drill).await) });
    for (address, told) in join_all(told).await {
        match told {
            Ok(()) => {
                tracing::info!(%address, "pay does wrong from now on");
                window.replicas.insert(address);
            }
            Err(error) => {
                tracing::warn!(%error, "a replica of pay could not be told");
                window.error = Some(error.to_string());
            }
        }
    }
}

/// Ends the fault on one replica, and tells how many payments felt it there.
async fn end(replica: Replica<'_>) -> u64 {
    let payments = replica::payments(replica).await;
    if let Err(error) = replica::end(replica).await {
        // It ends by itself a few seconds later.
        tracing::warn!(%error, "a replica of pay could not be told to do right again");
    }
    payments.unwrap_or_else(|error| {
        tracing::warn!(%error, "a replica of pay does not tell how many payments felt the fault");
        0
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::routing::get;
    use axum::{Router, serve};
    use std::cell::Cell;
    use std::net::Ipv4Addr;
    use std::sync::{Arc, Mutex};
    use tokio::net::TcpListener;

    type Seen = Arc<Mutex<Vec<&'static str>>>;

    /// A replica that felt the fault three times, and the methods of the requests that it gets.
    async fn replica() -> (SocketAddr, Seen) {
        let seen = Seen::default();
        let note = |method, answer: &'static str| {
            let seen = Arc::clone(&seen);
            move || async move {
                seen.lock().unwrap().push(method);
                answer
            }
        };
        let drills = get(note("GET", r#"{"payments":3}"#))
            .put(note("PUT", "{}"))
            .delete(note("DELETE", ""));
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = serve(listener, Router::new().route("/drills", drills));
        tokio::spawn(server.into_future());
        (address, seen)
    }

    fn fault() -> PayFault {
        PayFault {
            address: "shop-pay-drills:9082".to_owned(),
            delay: None,
            failure_percent: 100,
        }
    }

    #[tokio::test]
    async fn a_replica_that_comes_later_is_told_too_and_each_is_told_once() {
        let ((first, first_seen), (second, second_seen)) = (replica().await, replica().await);
        let (looks, stop) = (Cell::new(0), CancellationToken::new());
        let find = async || {
            looks.set(looks.get() + 1);
            match looks.get() {
                1 => Ok([first].into()),
                2 => Ok([first, second].into()),
                // Both are told by now.
                _ => {
                    stop.cancel();
                    Err(io::Error::other("no name server"))
                }
            }
        };
        let ends = Instant::now() + Duration::from_mins(1);
        let window = run(&fault(), ends, &stop, find).await;
        assert_eq!(window.replicas, [first, second].into());
        assert_eq!(window.payments, 6);
        for seen in [first_seen, second_seen] {
            assert_eq!(*seen.lock().unwrap(), ["PUT", "GET", "DELETE"]);
        }
    }

    #[tokio::test]
    async fn a_name_without_an_address_is_said_to_be_so() {
        let ends = Instant::now() + Duration::from_millis(10);
        let window = run(&fault(), ends, &CancellationToken::new(), async || {
            Ok(BTreeSet::new())
        })
        .await;
        assert!(window.replicas.is_empty());
        assert_eq!(window.error.as_deref(), Some("the name has no address"));
    }
}
