//! Looks at all accepted orders, again and again, until all have ended or the time is up.

use super::ends::{before_a_look, count};
use super::judgement::Verdict;
use super::look::Looker;
use crate::client::Server;
use crate::measure::Accepted;
use fdp_drill::Ends;
use futures::future::join_all;
use std::cell::RefCell;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::ops::RangeInclusive;
use std::rc::Rc;
use std::time::Duration;
use tokio::time::{Instant, sleep_until, timeout_at};
use tokio_util::sync::CancellationToken;

/// How many are looked at at the same time: enough to see hundreds in a second, and little beside what was before.
const AT_A_TIME: usize = 16;
/// After how long an order that has not ended is looked at again, in milliseconds; by chance, so that not all come at once.
const AGAIN_MS: RangeInclusive<u64> = 1_000..=2_000;

/// An order that has not ended: when to look at it, which it is, and whether its payment was seen.
type Turn = Reverse<(Instant, usize, bool)>;

struct Follow<'a> {
    accepted: &'a Accepted,
    verdicts: RefCell<Vec<Verdict>>,
    turns: RefCell<BinaryHeap<Turn>>,
}

/// What became of the accepted orders by the end of `within`, or when the drill was stopped.
pub(crate) async fn settle(
    gateway: &Rc<Server>,
    accepted: &Accepted,
    within: Duration,
    stop: &CancellationToken,
) -> Ends {
    let now = Instant::now();
    let turns = (0..accepted.kept().len()).map(|number| Reverse((now, number, false)));
    let follow = Follow {
        accepted,
        verdicts: RefCell::new(accepted.kept().iter().map(before_a_look).collect()),
        turns: RefCell::new(turns.collect()),
    };
    let all = join_all((0..AT_A_TIME).map(|_| follow.until_none_is_left(Looker::at(gateway))));
    stop.run_until_cancelled(timeout_at(now + within, all)).await;
    count(accepted, &follow.verdicts.borrow())
}

impl Follow<'_> {
    /// Takes turns until there are none, which means that the others have the last ones in their hands.
    async fn until_none_is_left(&self, mut looker: Looker) {
        while let Some((when, number, mut was_paid)) = self.take() {
            sleep_until(when).await;
            let Some(order) = self.accepted.kept().get(number) else {
                continue;
            };
            let verdict = looker.look(order, &mut was_paid).await;
            if let Some(known) = self.verdicts.borrow_mut().get_mut(number) {
                *known = verdict;
            }
            if verdict != Verdict::Ended {
                let again = Duration::from_millis(rand::random_range(AGAIN_MS));
                let turn = Reverse((Instant::now() + again, number, was_paid));
                self.turns.borrow_mut().push(turn);
            }
        }
    }

    fn take(&self) -> Option<(Instant, usize, bool)> {
        self.turns.borrow_mut().pop().map(|Reverse(turn)| turn)
    }
}
