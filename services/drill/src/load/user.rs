//! One user of the platform: a connection of its own, and one request after the other on it.

use super::action::Action;
use super::request::{self, Trace};
use super::shared::Shared;
use crate::client::{Answer, AskError, Body, Connection};
use crate::measure::Outcome;
use fdp_contracts::OrderId;
use hyper::Request;
use hyper::body::Bytes;
use hyper::http::Error;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use serde::Deserialize;
use std::rc::Rc;
use std::time::Duration;

/// When a user gives up. The platform itself answers sooner, if only to say that it is too busy.
const PATIENCE: Duration = Duration::from_secs(10);
/// After which time a connection that has failed is opened again.
const REOPEN: Duration = Duration::from_millis(50);
/// The longest that a user waits because it was told to; the page of the shop does not ask for more either.
const LONGEST_WAIT: Duration = Duration::from_secs(5);

pub(super) struct User {
    shared: Rc<Shared>,
    connection: Connection,
    random: StdRng,
    body: Bytes,
    /// The order that was accepted last.
    last: Option<OrderId>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Placed {
    order_id: OrderId,
}

impl User {
    pub(super) fn new(shared: &Rc<Shared>, number: u32) -> Self {
        Self {
            connection: Connection::to(Rc::clone(&shared.gateway)),
            // Another stream of numbers for each user, and another one than that of the arrivals.
            random: StdRng::seed_from_u64(shared.people.seed.wrapping_add(u64::from(number) + 1)),
            body: request::order_body(&format!("{}-{number}", shared.people.customers)),
            last: None,
            shared: Rc::clone(shared),
        }
    }

    pub(super) fn choose(&mut self) -> Action {
        Action::choose(self.shared.people.mix, &mut self.random)
    }

    /// Does it; returns how long the user has to wait before the next request. The time of an order counts from the moment
    /// `due`.
    pub(super) async fn act(&mut self, action: Action, due: Duration) -> Duration {
        match (action, self.last) {
            (Action::Browse, Some(order)) => self.look(order).await,
            (Action::Order | Action::Browse, _) => self.place(due).await.1,
            (Action::Cancel, _) => match self.place(due).await {
                (Some(order), _) => self.cancel(order).await,
                (None, wait) => wait,
            },
        }
    }

    async fn place(&mut self, due: Duration) -> (Option<OrderId>, Duration) {
        let trace = Trace::start(&mut self.random);
        let key = self.random.random();
        let sent = self.shared.order_sent(due, trace.id);
        let answer = self.ask(request::place(self.body.clone(), key, trace)).await;
        let outcome = outcome(&answer);
        self.shared.order_answered(&sent, &outcome);
        let placed = match outcome {
            Outcome::Accepted(order) => Some(order),
            _ => None,
        };
        self.last = placed.or(self.last);
        (placed, self.wait_after(&answer))
    }

    async fn look(&mut self, order: OrderId) -> Duration {
        let sent = self.shared.now();
        let trace = Trace::start(&mut self.random);
        let answer = self.ask(request::look(order, trace)).await;
        if !answer.as_ref().is_ok_and(Answer::is_success) {
            self.shared.other_failed(sent);
        }
        self.wait_after(&answer)
    }

    async fn cancel(&mut self, order: OrderId) -> Duration {
        let sent = self.shared.now();
        let trace = Trace::start(&mut self.random);
        let answer = self.ask(request::cancel(order, trace)).await;
        match &answer {
            Ok(answer) if answer.is_success() => self.shared.cancelled(order),
            // Too late: the food has left.
            Ok(answer) if answer.status == 409 => {}
            _ => self.shared.other_failed(sent),
        }
        self.wait_after(&answer)
    }

    fn wait_after(&self, answer: &Result<Answer, AskError>) -> Duration {
        wait_after(answer, self.shared.people.ignore_retry_after)
    }

    /// Whether the next request comes on a connection of its own.
    fn comes_anew(&mut self) -> bool {
        let percent = self.shared.people.new_connection_percent;
        percent > 0 && self.random.random_ratio(percent.min(100), 100)
    }

    async fn ask(&mut self, request: Result<Request<Body>, Error>) -> Result<Answer, AskError> {
        let request = request?;
        let answer = if self.comes_anew() {
            let mut own = Connection::to(Rc::clone(&self.shared.gateway));
            own.ask(request, PATIENCE).await
        } else {
            self.connection.ask(request, PATIENCE).await
        };
        if let Ok(answer) = &answer {
            self.shared.answered(answer.status);
        }
        answer
    }
}

fn outcome(answer: &Result<Answer, AskError>) -> Outcome {
    match answer {
        Ok(answer) if answer.status == 201 => match answer.json::<Placed>() {
            Some(placed) => Outcome::Accepted(placed.order_id),
            None => Outcome::Unanswered("201 without the id of an order".to_owned()),
        },
        Ok(answer) => Outcome::Refused(answer.status, answer.problem()),
        Err(error) => Outcome::Unanswered(error.to_string()),
    }
}

/// How long to wait before the next request. Who finds no connection waits in any case: nobody has told them to.
fn wait_after(answer: &Result<Answer, AskError>, ignores_retry_after: bool) -> Duration {
    match answer {
        Ok(answer) if matches!(answer.status, 429 | 503) && !ignores_retry_after => {
            answer.retry_after.unwrap_or_default().min(LONGEST_WAIT)
        }
        Ok(_) => Duration::ZERO,
        Err(_) => REOPEN,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, retry_after: Option<u64>, body: &'static str) -> Answer {
        Answer {
            status,
            retry_after: retry_after.map(Duration::from_secs),
            body: Bytes::from_static(body.as_bytes()),
        }
    }

    #[test]
    fn a_user_waits_as_long_as_it_is_told_but_not_for_ever() {
        let wait = |status, retry_after| wait_after(&Ok(answer(status, retry_after, "")), false).as_secs();
        assert_eq!(wait(503, Some(2)), 2);
        assert_eq!(wait(429, Some(60)), 5);
        assert_eq!(wait(503, None), 0);
        assert_eq!(wait(409, Some(1)), 0, "only where the platform is too busy");
        assert_eq!(wait_after(&Err(AskError::TimedOut(PATIENCE)), false), REOPEN);
    }

    #[test]
    fn a_user_who_does_not_listen_comes_back_at_once_but_still_needs_a_connection() {
        for status in [503, 429] {
            assert_eq!(wait_after(&Ok(answer(status, Some(2), "")), true), Duration::ZERO);
        }
        assert_eq!(wait_after(&Err(AskError::TimedOut(PATIENCE)), true), REOPEN);
    }

    #[test]
    fn only_an_order_with_an_id_is_accepted() {
        let id = OrderId::new();
        let body: &'static str = format!(r#"{{"orderId":"{id}","state":"Placed"}}"#).leak();
        assert_eq!(outcome(&Ok(answer(201, None, body))), Outcome::Accepted(id));
        assert!(matches!(
            outcome(&Ok(answer(201, None, ""))),
            Outcome::Unanswered(_)
        ));
        assert!(matches!(
            outcome(&Ok(answer(200, None, body))),
            Outcome::Refused(200, _)
        ));
        let timed_out = outcome(&Err(AskError::TimedOut(PATIENCE)));
        assert_eq!(
            timed_out,
            Outcome::Unanswered("no answer within 10000 ms".to_owned())
        );
    }
}
