//! A deterministic single-threaded executor for tasks that only wait for simulated time and each other.
//!
//! A task belongs to a process, or to the environment outside of all processes. A process is killed by dropping its
//! tasks wherever they wait; that can be scheduled after a number of its steps, so that every await point is covered.

mod signal;
#[cfg(test)]
mod tests;

pub use signal::Signal;

use crate::random::Random;
use futures::future::{BoxFuture, Either, select};
use std::collections::{BTreeMap, VecDeque};
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

/// Identifies a process, or the environment ([`OUTSIDE`]).
pub type ProcessId = usize;

/// The environment with customers, owners, riders and the network. It never crashes.
pub const OUTSIDE: ProcessId = usize::MAX;

type TaskId = u64;

/// The tasks to poll.
type Queue = Arc<Mutex<VecDeque<Arc<TaskWaker>>>>;

/// Locks a mutex even if it is poisoned: a history in which something panicked has ended.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The executor; clones share its state.
#[derive(Clone, Default)]
pub struct Engine(Arc<Inner>);

#[derive(Default)]
struct Inner {
    state: Mutex<State>,
    ready: Queue,
}

#[derive(Default)]
struct State {
    /// Time since the start.
    now: Duration,
    sequence: u64,
    timers: BTreeMap<(Duration, u64), Waker>,
    tasks: BTreeMap<TaskId, Task>,
    next_task: TaskId,
    /// The remaining steps of processes that are going to be killed.
    steps_left: BTreeMap<ProcessId, u64>,
    died: Vec<ProcessId>,
    steps: u64,
    random: Option<Random>,
    trace: Option<Vec<String>>,
}

struct Task {
    process: ProcessId,
    /// `None` while it is being polled.
    future: Option<BoxFuture<'static, ()>>,
    waker: Waker,
}

struct TaskWaker {
    task: TaskId,
    /// Whether it is already in the queue.
    queued: AtomicBool,
    ready: Queue,
}

impl Wake for TaskWaker {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if !self.queued.swap(true, Ordering::Relaxed) {
            lock(&self.ready).push_back(self.clone());
        }
    }
}

impl Engine {
    /// An executor at time 0 with the source of randomness `random`. With `traced` it stores the notes.
    pub fn new(random: Random, traced: bool) -> Self {
        let engine = Self::default();
        {
            let mut state = lock(&engine.0.state);
            state.random = Some(random);
            state.trace = traced.then(Vec::new);
        }
        engine
    }

    /// Time since the start.
    pub fn now(&self) -> Duration {
        lock(&self.0.state).now
    }

    /// Uses the single source of randomness.
    pub fn draw<T>(&self, ask: impl FnOnce(&mut Random) -> T) -> T {
        let mut state = lock(&self.0.state);
        ask(state.random.get_or_insert_with(|| Random::new(0)))
    }

    /// Adds a line to the trace, if there is one.
    pub fn note(&self, line: impl FnOnce() -> String) {
        let mut state = lock(&self.0.state);
        let now = state.now;
        if let Some(trace) = &mut state.trace {
            trace.push(format!("{:>11.6}  {}", now.as_secs_f64(), line()));
        }
    }

    /// Takes the lines of the trace.
    pub fn take_trace(&self) -> Vec<String> {
        lock(&self.0.state)
            .trace
            .as_mut()
            .map(std::mem::take)
            .unwrap_or_default()
    }

    /// The number of steps of all tasks.
    pub fn steps(&self) -> u64 {
        lock(&self.0.state).steps
    }

    pub fn sleep(&self, duration: Duration) -> Sleep {
        let until = self.now() + duration;
        Sleep {
            engine: self.clone(),
            until,
            timer: None,
        }
    }

    /// Waits between `low` and `high` microseconds.
    pub fn sleep_between(&self, low: u64, high: u64) -> Sleep {
        self.sleep(Duration::from_micros(
            self.draw(|random| random.between(low, high)),
        ))
    }

    /// The result of `work`, or `None` if it takes longer than `limit`; then it is dropped.
    pub async fn within<F: Future>(&self, limit: Duration, work: F) -> Option<F::Output> {
        match select(pin!(work), self.sleep(limit)).await {
            Either::Left((output, _)) => Some(output),
            Either::Right(((), _)) => None,
        }
    }

    /// Starts a task of `process`.
    pub fn spawn(&self, process: ProcessId, work: impl Future<Output = ()> + Send + 'static) -> Abort {
        let mut state = lock(&self.0.state);
        let id = state.next_task;
        state.next_task += 1;
        let waker = Waker::from(Arc::new(TaskWaker {
            task: id,
            queued: AtomicBool::new(false),
            ready: self.0.ready.clone(),
        }));
        waker.wake_by_ref();
        let task = Task {
            process,
            future: Some(Box::pin(work)),
            waker,
        };
        state.tasks.insert(id, task);
        Abort(id)
    }

    /// Drops a task wherever it waits.
    pub fn abort(&self, task: &Abort) {
        let dropped = lock(&self.0.state).tasks.remove(&task.0);
        drop(dropped);
    }

    /// Kills `process` after this number of further steps.
    pub fn kill_after(&self, process: ProcessId, steps: u64) {
        lock(&self.0.state).steps_left.insert(process, steps);
    }

    /// Drops all tasks of `process` at once.
    pub fn kill(&self, process: ProcessId) {
        let dropped: Vec<Task> = {
            let mut state = lock(&self.0.state);
            state.steps_left.remove(&process);
            let theirs: Vec<TaskId> = state
                .tasks
                .iter()
                .filter(|(_, task)| task.process == process)
                .map(|(id, _)| *id)
                .collect();
            theirs.iter().filter_map(|id| state.tasks.remove(id)).collect()
        };
        // After unlocking, because dropped values may wake tasks.
        drop(dropped);
    }

    /// Drops all tasks of all processes, and all timers.
    pub fn clear(&self) {
        let (tasks, timers) = {
            let mut state = lock(&self.0.state);
            (
                std::mem::take(&mut state.tasks),
                std::mem::take(&mut state.timers),
            )
        };
        drop((tasks, timers));
    }

    /// Runs until `time`, or until there is nothing left to do. Calls `on_death` with each process that is killed by
    /// [`Self::kill_after`].
    pub fn run_until(&self, time: Duration, mut on_death: impl FnMut(ProcessId)) {
        loop {
            while let Some(task) = self.next_ready() {
                self.poll(task);
                let died = std::mem::take(&mut lock(&self.0.state).died);
                for process in died {
                    on_death(process);
                }
            }
            let due = {
                let mut state = lock(&self.0.state);
                match state.timers.first_key_value() {
                    Some(((at, _), _)) if *at <= time => {
                        let popped = state.timers.pop_first();
                        if let Some(((at, _), _)) = &popped {
                            // A timer in the past fires late; time never goes back.
                            state.now = state.now.max(*at);
                        }
                        popped
                    }
                    _ => {
                        state.now = time;
                        None
                    }
                }
            };
            match due {
                Some((_, waker)) => waker.wake(),
                None => return,
            }
        }
    }

    fn next_ready(&self) -> Option<TaskId> {
        let next = lock(&self.0.ready).pop_front()?;
        next.queued.store(false, Ordering::Relaxed);
        Some(next.task)
    }

    fn poll(&self, id: TaskId) {
        let taken = {
            let mut state = lock(&self.0.state);
            let taken = state
                .tasks
                .get_mut(&id)
                .and_then(|task| Some((task.future.take()?, task.waker.clone(), task.process)));
            state.steps += u64::from(taken.is_some());
            taken
        };
        let Some((mut future, waker, process)) = taken else {
            return;
        };
        let finished = future.as_mut().poll(&mut Context::from_waker(&waker)).is_ready();
        let dies = {
            let mut state = lock(&self.0.state);
            // A task that was killed while it was polled no longer exists.
            if finished {
                state.tasks.remove(&id);
            } else if let Some(task) = state.tasks.get_mut(&id) {
                task.future = Some(future);
            }
            let dies = state.steps_left.get_mut(&process).is_some_and(|left| {
                *left = left.saturating_sub(1);
                *left == 0
            });
            if dies {
                state.died.push(process);
            }
            dies
        };
        if dies {
            self.kill(process);
        }
    }
}

/// A handle to drop a task before it has finished.
#[derive(Debug)]
pub struct Abort(TaskId);

/// Waits until a point in simulated time.
pub struct Sleep {
    engine: Engine,
    until: Duration,
    /// The waker, and the number of its timer.
    timer: Option<(Waker, u64)>,
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let sleep = &mut *self;
        let mut state = lock(&sleep.engine.0.state);
        if let Some((waker, number)) = &sleep.timer {
            if state.now >= sleep.until {
                return Poll::Ready(());
            }
            if waker.will_wake(context.waker()) {
                return Poll::Pending;
            }
            state.timers.remove(&(sleep.until, *number));
        }
        let number = state.sequence;
        state.sequence += 1;
        state
            .timers
            .insert((sleep.until, number), context.waker().clone());
        sleep.timer = Some((context.waker().clone(), number));
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        if let Some((_, number)) = &self.timer {
            let unneeded = lock(&self.engine.0.state).timers.remove(&(self.until, *number));
            drop(unneeded);
        }
    }
}
