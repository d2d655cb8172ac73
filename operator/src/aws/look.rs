//! What a look at a part of what a platform has at AWS has come to, and how its steps are taken.

use futures::future::BoxFuture;

use crate::{
    aws::problem::Problem,
    model::{cloud::CloudState, health::Health},
};

/// What a look has come to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Look {
    pub state: CloudState,
    /// Whether something was changed, so that the next look comes soon.
    pub changed: bool,
    /// Whether AWS is busy with something, so that the next look comes in a while.
    pub busy: bool,
    /// Whether something went wrong, so that the next look comes later each time.
    pub failed: bool,
}

/// A call that changes something, not made yet.
pub(super) struct Task<'a> {
    /// Such as `create ECR repository shop/order`.
    pub doing: String,
    pub call: BoxFuture<'a, Result<(), Problem>>,
}

impl Look {
    /// A look that could not see what is there.
    pub fn failed(problem: &Problem) -> Self {
        Self {
            state: CloudState {
                health: vec![problem.health()],
                ..CloudState::default()
            },
            failed: true,
            ..Self::default()
        }
    }

    /// Makes the calls, one after the other; on a suspended platform, only says what they would do.
    pub(super) async fn take(&mut self, tasks: impl IntoIterator<Item = Task<'_>>, suspended: bool) {
        for Task { doing, call } in tasks {
            if suspended {
                self.add(Health::Waiting(format!("suspended; when resumed: {doing}")));
                continue;
            }
            match call.await {
                Ok(()) => {
                    self.changed = true;
                    self.add(Health::Waiting(format!("{doing}: done, looked at next")));
                }
                Err(problem) => {
                    self.failed = true;
                    self.add(problem.health());
                    // What one call met, the next ones meet as well, and each of them counts.
                    if problem.concerns_every_call() {
                        break;
                    }
                }
            }
        }
    }

    /// Adds what was found.
    pub(super) fn add(&mut self, health: Health) {
        self.state.health.push(health);
    }

    /// Whether nothing is there, to do or to wait for any more.
    pub fn is_over(&self) -> bool {
        !self.changed && !self.busy && !self.failed && self.state.health.is_empty()
    }

    /// Both looks as one. Of what they found, what somebody has to step in for comes first, and each in turn, so that
    /// neither hides the other from those who read the first lines.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
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

    fn look(health: &[Health]) -> Look {
        Look {
            state: CloudState {
                health: health.to_vec(),
                ..CloudState::default()
            },
            ..Look::default()
        }
    }

    #[test]
    fn of_two_looks_neither_hides_what_the_other_has_found() {
        let waiting = |word: &str| Health::Waiting(word.to_owned());
        let failed = |word: &str| Health::Failed(word.to_owned());
        let many = look(&[waiting("a"), failed("b"), failed("c"), failed("d")]);
        let one = look(&[failed("e"), waiting("f")]);
        assert_eq!(
            many.and(one).state.health,
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
    fn two_looks_are_as_unfinished_as_the_less_finished_of_them() {
        let busy = Look {
            busy: true,
            ..Look::default()
        };
        let failed = Look {
            failed: true,
            ..Look::default()
        };
        let both = busy.and(failed);
        assert!(both.busy && both.failed && !both.changed && !both.is_over());
        assert!(Look::default().and(Look::default()).is_over());
    }
}
