//! The conditions when some objects could not be written, or must not be written yet.

use fdp_crds::condition;

use crate::{
    model::{
        assessment::{Assessment, ConditionStatus, Unwritten},
        reason::Reason,
    },
    plan::conditions::{
        causes::list,
        overall::{WAITS_FOR_SOMEBODY, with_customers},
    },
};

impl Assessment {
    /// Updates the conditions for objects that could not be written, or must not be written yet.
    #[must_use]
    pub fn with_unwritten(mut self, unwritten: &Unwritten) -> Self {
        if !unwritten.refused.is_empty() {
            let message = self.told(list(&unwritten.refused));
            self.set(
                condition::READY,
                ConditionStatus::False,
                Reason::ApplyFailed,
                message.clone(),
            );
            self.set(
                condition::RECONCILING,
                ConditionStatus::True,
                Reason::ApplyFailed,
                message,
            );
        } else if !unwritten.suspended.is_empty() {
            let message = self.told(format!(
                "suspended; when resumed, these change: {}",
                list(&unwritten.suspended)
            ));
            self.set(
                condition::READY,
                ConditionStatus::False,
                Reason::Suspended,
                message.clone(),
            );
            self.set(
                condition::RECONCILING,
                ConditionStatus::False,
                Reason::Suspended,
                message,
            );
        } else if !unwritten.waiting.is_empty() {
            self.roll_out(&list(&unwritten.waiting));
        }
        if !unwritten.contested.is_empty() {
            self.contest(&list(&unwritten.contested));
        }
        self
    }

    /// Says that the platform is suspended, although nothing would change if it were not.
    pub(super) fn suspended(mut self) -> Self {
        let Some(ready) = self.condition(condition::READY).cloned() else {
            return self;
        };
        let message = format!(
            "{}; suspended: nothing is changed until spec.suspend is false",
            ready.message
        );
        let reason = match ready.status {
            ConditionStatus::True => Reason::Suspended,
            _ => ready.reason,
        };
        self.set(condition::READY, ready.status, reason, message);
        self
    }

    /// Reports that an upgrade is in progress, or has stopped; then the message begins with the cause.
    fn roll_out(&mut self, waiting: &str) {
        let ready = self
            .condition(condition::READY)
            .is_some_and(|ready| ready.status == ConditionStatus::True);
        if ready {
            self.set(
                condition::READY,
                ConditionStatus::False,
                Reason::RollingOut,
                self.told(waiting.to_owned()),
            );
        }
        let stalled = self
            .condition(condition::STALLED)
            .filter(|stalled| stalled.status == ConditionStatus::True)
            .map(|stalled| stalled.message.clone());
        match stalled {
            Some(why) => {
                let why = why.trim_end_matches(self.customers.as_deref().unwrap_or_default());
                let why = why.trim_end_matches("; ");
                let message = self.told(format!("{why}; the rollout has stopped there: {waiting}"));
                self.set(
                    condition::STALLED,
                    ConditionStatus::True,
                    Reason::RolloutStopped,
                    message,
                );
            }
            None => self.set(
                condition::RECONCILING,
                ConditionStatus::True,
                Reason::RollingOut,
                self.told(waiting.to_owned()),
            ),
        }
        self.version = None;
    }

    /// Reports fields that somebody else keeps changing. Whether the platform is ready does not depend on them.
    fn contest(&mut self, contested: &str) {
        let (reason, message) = match self.condition(condition::STALLED) {
            Some(stalled) if stalled.status == ConditionStatus::True => {
                (stalled.reason, format!("{}; {contested}", stalled.message))
            }
            _ => (Reason::FieldContested, self.told(contested.to_owned())),
        };
        self.set(condition::STALLED, ConditionStatus::True, reason, message);
        self.set(
            condition::RECONCILING,
            ConditionStatus::False,
            Reason::Stalled,
            WAITS_FOR_SOMEBODY.to_owned(),
        );
    }

    /// A message that ends with what customers feel.
    fn told(&self, message: String) -> String {
        with_customers(message, self.customers.as_deref())
    }

    fn set(&mut self, type_: &str, status: ConditionStatus, reason: Reason, message: String) {
        if let Some(condition) = self
            .conditions
            .iter_mut()
            .find(|condition| condition.type_ == type_)
        {
            condition.status = status;
            condition.reason = reason;
            condition.message = message;
        }
    }
}
