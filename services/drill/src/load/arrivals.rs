//! An open loop: requests are due at fixed moments, whether earlier ones were answered or not.

use super::action::Action;
use super::shared::Shared;
use super::user::User;
use crate::measure::Outcome;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use std::rc::Rc;
use std::time::Duration;
use tokio::task::JoinSet;

/// How many requests may be under way. Each has a connection of its own, and a gateway, or this machine, has only so many.
const MOST_UNDER_WAY: u32 = 1000;

/// Runs until the last stage is over and everything that was sent is answered.
///
/// Each request is that of a user who has none under way: the one who had the last answer, so that no more connections are
/// open than are needed.
pub(super) async fn run(shared: &Rc<Shared>, per_second: u32) {
    let mut random = StdRng::seed_from_u64(shared.people.seed);
    let mut under_way = JoinSet::new();
    let mut idle: Vec<User> = Vec::new();
    let mut users = 0;
    for due in moments(per_second).take_while(|due| *due < shared.ends()) {
        loop {
            tokio::select! {
                biased;
                Some(answered) = under_way.join_next() => idle.extend(answered.ok()),
                () = shared.sleep_until(due) => break,
            }
        }
        let action = Action::choose(shared.people.mix, &mut random);
        let mut user = match idle.pop() {
            Some(user) => user,
            None if users < MOST_UNDER_WAY => {
                users += 1;
                User::new(shared, users - 1)
            }
            None => {
                give_up(shared, action, due, random.random());
                continue;
            }
        };
        under_way.spawn_local(async move {
            user.act(action, due).await;
            user
        });
    }
    while under_way.join_next().await.is_some() {}
}

/// When requests are due, counted from the start.
fn moments(per_second: u32) -> impl Iterator<Item = Duration> {
    let rate = u64::from(per_second.max(1));
    (0_u64..).map(move |number| {
        let rest = (number % rate) * 1_000_000_000 / rate;
        Duration::from_secs(number / rate) + Duration::from_nanos(rest)
    })
}

fn give_up(shared: &Shared, action: Action, due: Duration, trace: u128) {
    if action == Action::Browse {
        shared.other_failed(due);
        return;
    }
    let sent = shared.order_sent(due, trace);
    let problem = format!("not sent: {MOST_UNDER_WAY} requests were under way");
    shared.order_answered(&sent, &Outcome::Unanswered(problem));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_due_at_even_moments() {
        let due: Vec<u128> = moments(3).take(7).map(|due| due.as_millis()).collect();
        assert_eq!(due, [0, 333, 666, 1000, 1333, 1666, 2000]);
        let second = Duration::from_secs(1);
        assert_eq!(moments(250).take_while(|due| *due < second).count(), 250);
    }
}
