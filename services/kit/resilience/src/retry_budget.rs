//! Lets only a share of all calls be made a second time, so that retries do not multiply the load of a service that is slow.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use tower::retry::budget::{Budget as _, TpsBudget};

/// How long a call allows retries.
const KEPT_FOR: Duration = Duration::from_secs(10);
/// So many retries a second are always allowed: where there are few calls, they do no harm.
const ALWAYS: u32 = 2;

/// The budget of retries for the calls of one other service. Clones share it.
#[derive(Clone)]
pub struct RetryBudget(Arc<TpsBudget>);

impl RetryBudget {
    /// A budget of this share of the calls, above 0 and at most 1.
    pub fn of(share: f32) -> Self {
        Self(Arc::new(TpsBudget::new(KEPT_FOR, ALWAYS, share)))
    }

    /// Notes a call.
    pub fn called(&self) {
        self.0.deposit();
    }

    /// Whether a call may be made a second time; that it is made is noted.
    pub fn allows(&self) -> bool {
        self.0.withdraw()
    }
}

impl fmt::Debug for RetryBudget {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("RetryBudget")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn retries(budget: &RetryBudget) -> usize {
        (0..1000).take_while(|_| budget.allows()).count()
    }

    #[test]
    fn retries_are_a_share_of_the_calls_beside_a_few_that_are_always_allowed() {
        let budget = RetryBudget::of(0.1);
        let always = retries(&budget);
        assert!(always >= 10, "{always}");
        for _ in 0..200 {
            budget.called();
        }
        assert_eq!(retries(&budget), 20);
    }
}
