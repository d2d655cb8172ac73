//! The load: users in a closed loop, or requests at fixed moments, from the first stage to the end of the last.

mod action;
mod arrivals;
mod request;
mod shared;
mod user;
mod users;

pub(crate) use shared::{People, Shared};

use fdp_drill::Arrivals;
use std::rc::Rc;

/// Runs the load until all stages are over and everything that was sent is answered, or until it is stopped.
pub(crate) async fn run(shared: &Rc<Shared>, how: Arrivals) {
    let load = async {
        match how {
            Arrivals::Users(count) => users::run(shared, count).await,
            Arrivals::PerSecond(rate) => arrivals::run(shared, rate).await,
        }
    };
    shared.stop().run_until_cancelled(load).await;
}
