//! Requests between processes: each direction takes time or fails, and the client may be gone before the response.

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

/// How long a connection without a response stays open.
const FORGOTTEN: Duration = Duration::from_secs(20);

/// The request was refused, or the connection broke: then it may have taken effect or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Broken {
    /// No process accepted it, so it had no effect.
    Refused,
    /// It is unknown whether it took effect.
    Reset,
}

/// Sends a request to any process of `to`, which runs `work`; returns the response. When the returned future is
/// dropped, the request continues, or ends wherever it is.
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
    // The request is a separate task: it may arrive after the client has given up.
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

/// The connection of one request, on the client's side.
struct Line {
    engine: Engine,
    handler: Arc<Mutex<Option<Abort>>>,
    open: bool,
}

impl Line {
    /// Ends the request normally.
    fn close(mut self) {
        self.open = false;
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        // A server that notices that the client has closed the connection drops its work, wherever that is.
        if self.open
            && let Some(task) = lock(&self.handler).take()
            && self.engine.draw(|random| random.chance(500))
        {
            self.engine.abort(&task);
        }
    }
}
