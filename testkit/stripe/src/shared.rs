//! What the routes and the test share: the books, what was answered, and what is to go wrong.

use crate::books::{Answered, Books};
use crate::fault::{Fault, Operation};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Mutex;
use tokio::sync::watch;

pub(crate) struct Shared {
    pub(crate) secret_key: &'static str,
    pub(crate) books: Mutex<Books>,
    pub(crate) answered: Mutex<Answered>,
    plans: Mutex<BTreeMap<Operation, VecDeque<Fault>>>,
    /// How many calls have arrived.
    pub(crate) begun: watch::Sender<BTreeMap<Operation, usize>>,
}

impl Shared {
    pub(crate) fn new(secret_key: &'static str, books: Books) -> Self {
        Self {
            secret_key,
            books: Mutex::new(books),
            answered: Mutex::default(),
            plans: Mutex::default(),
            begun: watch::Sender::default(),
        }
    }

    /// Makes the next call of this kind that is not planned yet go wrong.
    pub(crate) fn plan(&self, operation: Operation, fault: Fault) {
        let mut plans = self.plans.lock().unwrap();
        plans.entry(operation).or_default().push_back(fault);
    }

    /// Counts a call that has arrived; returns what is to go wrong with it.
    pub(crate) fn begin(&self, operation: Operation) -> Option<Fault> {
        let fault = self
            .plans
            .lock()
            .unwrap()
            .get_mut(&operation)
            .and_then(VecDeque::pop_front);
        self.begun
            .send_modify(|begun| *begun.entry(operation).or_default() += 1);
        fault
    }
}
