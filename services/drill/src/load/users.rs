//! A closed loop: so many users, each of whom asks again when the answer is there.

use super::shared::Shared;
use super::user::User;
use std::rc::Rc;
use tokio::task::JoinSet;

/// Runs until the last stage is over and every user has its last answer.
pub(super) async fn run(shared: &Rc<Shared>, count: u32) {
    let mut users = JoinSet::new();
    for number in 0..count {
        users.spawn_local(ask_again_and_again(User::new(shared, number), Rc::clone(shared)));
    }
    while users.join_next().await.is_some() {}
}

async fn ask_again_and_again(mut user: User, shared: Rc<Shared>) {
    loop {
        let now = shared.now();
        if now >= shared.ends() {
            return;
        }
        let action = user.choose();
        let wait = user.act(action, now).await;
        if !wait.is_zero() {
            let until = shared.now() + wait;
            shared.sleep_until(until.min(shared.ends())).await;
        }
    }
}
