//! What becomes of the conditions when the operator could not, or must not, write something.

use fdp_crds::condition;

use crate::{
    model::{
        assessment::{Answer, Assessment, Unwritten},
        reason::Reason,
    },
    plan::conditions::list,
};

impl Assessment {
    /// Takes into account what the operator could not, or must not, write.
    #[must_use]
    pub fn with_unwritten(mut self, unwritten: &Unwritten) -> Self {
        if !unwritten.refused.is_empty() {
            let message = list(&unwritten.refused);
            self.set(
                condition::READY,
                Answer::False,
                Reason::ApplyFailed,
                message.clone(),
            );
            self.set(condition::RECONCILING, Answer::True, Reason::ApplyFailed, message);
        } else if !unwritten.suspended.is_empty() {
            let message = format!(
                "suspended; when resumed, these change: {}",
                list(&unwritten.suspended)
            );
            self.set(
                condition::READY,
                Answer::False,
                Reason::Suspended,
                message.clone(),
            );
            self.set(condition::RECONCILING, Answer::False, Reason::Suspended, message);
        } else if !unwritten.waiting.is_empty() {
            self.roll_out(&list(&unwritten.waiting));
        }
        self
    }

    /// An upgrade is under way, or has stopped: then what it stopped at is said first.
    fn roll_out(&mut self, waiting: &str) {
        let ready = self
            .condition(condition::READY)
            .is_some_and(|ready| ready.status == Answer::True);
        if ready {
            self.set(
                condition::READY,
                Answer::False,
                Reason::RollingOut,
                waiting.to_owned(),
            );
        }
        let stalled = self
            .condition(condition::STALLED)
            .filter(|stalled| stalled.status == Answer::True)
            .map(|stalled| stalled.message.clone());
        match stalled {
            Some(why) => {
                let message = format!("{why}; the rollout has stopped there: {waiting}");
                self.set(condition::STALLED, Answer::True, Reason::RolloutStopped, message);
            }
            None => self.set(
                condition::RECONCILING,
                Answer::True,
                Reason::RollingOut,
                waiting.to_owned(),
            ),
        }
        self.version = None;
    }

    fn set(&mut self, type_: &str, status: Answer, reason: Reason, message: String) {
        if let Some(verdict) = self.conditions.iter_mut().find(|verdict| verdict.type_ == type_) {
            verdict.status = status;
            verdict.reason = reason;
            verdict.message = message;
        }
    }
}
