//! The result of reconciling AWS resources, and the loop that makes the planned calls.

use futures::future::BoxFuture;

use crate::{
    aws::error::AwsError,
    model::{cloud::CloudState, health::Health},
};

/// The result of one reconciliation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    pub state: CloudState,
    /// Something was changed, so the next reconciliation comes soon.
    pub changed: bool,
    /// AWS is busy with something, so the next reconciliation comes after a longer interval.
    pub busy: bool,
    /// A call failed, so the next reconciliation backs off.
    pub failed: bool,
}

/// A call that changes something, not sent yet.
pub(super) struct PendingCall<'a> {
    /// Such as `create ECR repository shop/order`.
    pub operation: String,
    pub call: BoxFuture<'a, Result<(), AwsError>>,
}

impl Progress {
    /// The result when the actual state could not be observed.
    pub fn failed(error: &AwsError) -> Self {
        Self {
            state: CloudState {
                health: vec![error.health()],
                ..CloudState::default()
            },
            failed: true,
            ..Self::default()
        }
    }

    /// Makes the calls, one after the other. On a suspended platform, only reports what they would do.
    pub(super) async fn make(&mut self, calls: impl IntoIterator<Item = PendingCall<'_>>, suspended: bool) {
        for PendingCall { operation, call } in calls {
            if suspended {
                self.add(Health::Waiting(format!("suspended; when resumed: {operation}")));
                continue;
            }
            match call.await {
                Ok(()) => {
                    self.changed = true;
                    self.add(Health::Waiting(format!("{operation}: done, looked at next")));
                }
                Err(error) => {
                    self.failed = true;
                    self.add(error.health());
                    // The next calls would fail with the same error, and would count against the rate limit.
                    if error.affects_every_call() {
                        break;
                    }
                }
            }
        }
    }

    /// Adds a finding.
    pub(super) fn add(&mut self, health: Health) {
        self.state.health.push(health);
    }

    /// Whether there is nothing left to do or to wait for.
    pub fn is_complete(&self) -> bool {
        !self.changed && !self.busy && !self.failed && self.state.health.is_empty()
    }

    /// Merges two results. Failures come first, and the findings of both alternate, so that people who read only the
    /// first lines see both.
    #[must_use]
    pub fn merge(self, other: Self) -> Self {
        let mut one = self.state.health.into_iter();
        let mut another = other.state.health.into_iter();
        let mut health = Vec::new();
        loop {
            let before = health.len();
            health.extend(one.next());
            health.extend(another.next());
            if health.len() == before {
                break;
            }
        }
        health.sort_by_key(|health| !matches!(health, Health::Failed(_)));
        let mut repositories = self.state.repositories;
        repositories.extend(other.state.repositories);
        let mut projects = self.state.projects;
        projects.extend(other.state.projects);
        Self {
            state: CloudState {
                health,
                repositories,
                projects,
                cluster: self.state.cluster.or(other.state.cluster),
                access: self.state.access.or(other.state.access),
            },
            changed: self.changed || other.changed,
            busy: self.busy || other.busy,
            failed: self.failed || other.failed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn progress(health: &[Health]) -> Progress {
        Progress {
            state: CloudState {
                health: health.to_vec(),
                ..CloudState::default()
            },
            ..Progress::default()
        }
    }

    #[test]
    fn merged_results_alternate_and_start_with_failures() {
        let waiting = |word: &str| Health::Waiting(word.to_owned());
        let failed = |word: &str| Health::Failed(word.to_owned());
        let many = progress(&[waiting("a"), failed("b"), failed("c"), failed("d")]);
        let one = progress(&[failed("e"), waiting("f")]);
        assert_eq!(
            many.merge(one).state.health,
            [
                failed("e"),
                failed("b"),
                failed("c"),
                failed("d"),
                waiting("a"),
                waiting("f")
            ]
        );
    }

    #[test]
    fn a_merged_result_is_complete_only_if_both_are() {
        let busy = Progress {
            busy: true,
            ..Progress::default()
        };
        let failed = Progress {
            failed: true,
            ..Progress::default()
        };
        let both = busy.merge(failed);
        assert!(both.busy && both.failed && !both.changed && !both.is_complete());
        assert!(Progress::default().merge(Progress::default()).is_complete());
    }
}
