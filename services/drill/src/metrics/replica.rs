//! One replica of a service, and how many requests it has answered since the drill began.

use super::Counter;
use crate::client::{Body, Connection, Server};
use crate::measure::Answers;
use hyper::Request;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;
use tokio::time::timeout;

/// A replica that cannot be reached within that time is gone.
const CONNECTED_WITHIN: Duration = Duration::from_secs(1);
const PATIENCE: Duration = Duration::from_secs(2);

#[derive(Debug)]
pub(super) struct Replica {
    counter: Counter,
    address: SocketAddr,
    connection: Connection,
    growth: Growth,
}

/// What came of a look at a replica.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Look {
    Counted,
    /// It answers nobody.
    Gone(String),
    /// It may answer others, but has not told how many.
    Silent(String),
}

/// How a count grows that begins again at 0 whenever its owner restarts.
#[derive(Debug)]
struct Growth {
    last: Option<Answers>,
    sum: Answers,
}

impl Replica {
    /// One that was there when the drill began: what it has counted before is not looked at.
    pub(super) fn old(counter: Counter, name: &str, address: SocketAddr) -> Self {
        Self::after(counter, name, address, None)
    }

    /// One that has come since, and began at 0.
    pub(super) fn new(counter: Counter, name: &str, address: SocketAddr) -> Self {
        Self::after(counter, name, address, Some(Answers::default()))
    }

    fn after(counter: Counter, name: &str, address: SocketAddr, last: Option<Answers>) -> Self {
        Self {
            counter,
            address,
            connection: Connection::to(Rc::new(Server::one_of(name, address))),
            growth: Growth {
                last,
                sum: Answers::default(),
            },
        }
    }

    /// What it has answered since the drill began, as far as that is known.
    pub(super) fn answers(&self) -> Answers {
        self.growth.sum
    }

    /// Asks it for its count.
    pub(super) async fn look(&mut self) -> Look {
        let address = self.address;
        match timeout(CONNECTED_WITHIN, self.connection.open_if_closed()).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => return Look::Gone(format!("{address}: {error}")),
            Err(_) => return Look::Gone(format!("{address}: no connection")),
        }
        let asked = match Request::get(self.counter.path).body(Body::default()) {
            Ok(request) => self.connection.ask(request, PATIENCE).await,
            Err(error) => Err(error.into()),
        };
        match asked {
            Ok(answer) if answer.is_success() => {
                self.growth
                    .to((self.counter.read)(&String::from_utf8_lossy(&answer.body)));
                Look::Counted
            }
            Ok(answer) => Look::Silent(format!("{address} answers {}", answer.problem())),
            Err(error) => Look::Silent(format!("{address}: {error}")),
        }
    }
}

impl Growth {
    fn to(&mut self, count: Answers) {
        let has_restarted = self.last.is_some_and(|last| count.all < last.all);
        let before = if has_restarted {
            Answers::default()
        } else {
            self.last.unwrap_or(count)
        };
        self.sum = self.sum.plus(count.without(before));
        self.last = Some(count);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grown(last: Option<u64>, counts: &[u64]) -> u64 {
        let of = |all| Answers { all, failed: 0 };
        let mut growth = Growth {
            last: last.map(of),
            sum: Answers::default(),
        };
        for count in counts {
            growth.to(of(*count));
        }
        growth.sum.all
    }

    #[test]
    fn what_a_replica_had_counted_before_the_drill_is_not_counted() {
        assert_eq!(grown(None, &[5000]), 0);
        assert_eq!(grown(None, &[5000, 5010, 5010, 5012]), 12);
    }

    #[test]
    fn a_replica_that_came_later_counts_from_its_start() {
        assert_eq!(grown(Some(0), &[7, 9]), 9);
    }

    #[test]
    fn a_replica_that_restarted_begins_again_at_0() {
        assert_eq!(grown(None, &[5000, 5010, 4, 6]), 16);
    }
}
