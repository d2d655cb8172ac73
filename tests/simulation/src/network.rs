//! Requests between processes: each way takes its time or never ends, and who asked may be gone by then.

use crate::app::App;
use crate::endpoint::{Endpoint, Service};
use crate::engine::{Abort, Engine, OUTSIDE, lock};
use crate::plan::Kind;
use crate::world::World;
use futures::channel::oneshot;
use futures::future::BoxFuture;
use std::future::Future;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// A connection that nobody answers any more is held for as long as this.
const FORGOTTEN: Duration = Duration::from_secs(20);

/// The request was refused, or the connection broke: it may have had its effect or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Broken {
    /// Nobody was there to take it, so it surely had no effect.
    Refused,
    /// Nobody knows.
    Reset,
}

/// Sends a request to any process of `to`, which does `work`; gives its answer. When what it gives is dropped before,
/// the request goes on, or ends wherever it is.
pub fn send<T: Send + 'static>(
    world: &Arc<World>,
    from: Endpoint,
    to: Service,
    work: impl FnOnce(App) -> BoxFuture<'static, T> + Send + 'static,
) -> impl Future<Output = Result<T, Broken>> + Send + 'static {
    let (answer, answered) = oneshot::channel();
    let handler = Arc::new(Mutex::new(None));
    let line = Line {
        engine: world.engine.clone(),
        handler: handler.clone(),
        open: true,
    };
    let world = world.clone();
    // The request travels by itself: it may arrive when who sent it has given up.
    let engine = world.engine.clone();
    engine.spawn(OUTSIDE, async move {
        if !travels(&world, from, Endpoint::Service(to)).await {
            world.engine.sleep(FORGOTTEN).await;
            return;
        }
        let Some((process, app)) = world.any(to) else {
            let _ = answer.send(Err(Broken::Refused));
            return;
        };
        let works = work(app);
        let there = world.clone();
        let task = world.engine.spawn(process, async move {
            let result = works.await;
            let road = there.clone();
            there.engine.spawn(OUTSIDE, async move {
                if travels(&road, Endpoint::Service(to), from).await {
                    let _ = answer.send(Ok(result));
                } else {
                    road.engine.sleep(FORGOTTEN).await;
                }
            });
        });
        *lock(&handler) = Some(task);
    });
    async move {
        let answer = answered.await.unwrap_or(Err(Broken::Reset));
        line.close();
        answer
    }
}

async fn travels(world: &World, from: Endpoint, to: Endpoint) -> bool {
    let (time, late) = world.injector.travel_time();
    if late {
        world.injector.count(Kind::Delays);
    }
    world.engine.sleep(time).await;
    if !world.injector.passes(from, to) {
        return false;
    }
    let lost = world.injector.loses_message();
    if lost {
        world.injector.count(Kind::Losses);
    }
    !lost
}

/// The connection of one request, as who asked holds it.
struct Line {
    engine: Engine,
    handler: Arc<Mutex<Option<Abort>>>,
    open: bool,
}

impl Line {
    /// All is said.
    fn close(mut self) {
        self.open = false;
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        // A server that notices that nobody listens any more drops what it does for them, wherever that is.
        if self.open
            && let Some(task) = lock(&self.handler).take()
            && self.engine.draw(|random| random.chance(500))
        {
            self.engine.abort(&task);
        }
    }
}
