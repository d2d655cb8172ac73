//! When the page sends an order again by itself, which could not be paid for the moment.

use super::order_form::{self, Fields};
use fdp_http::Problem;
use http::StatusCode;

/// The hidden field that counts how often the page has sent the order by itself.
const FIELD: &str = "again";
/// How often the page sends it by itself; then it is the visitor's turn.
const MOST: u32 = 8;

/// The next time that the page sends the order by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Again {
    /// In how many seconds.
    pub(super) seconds: u32,
    /// Which time that will be, from 1.
    pub(super) attempt: u32,
}

impl Again {
    /// The next time after `problem` was the answer to a form with these fields. It sends no order twice: the form keeps
    /// its key, and this only follows an answer that nothing was ordered. The page waits longer each time.
    pub(super) fn after(problem: &Problem, fields: &Fields) -> Option<Self> {
        let unpaid = problem.status == StatusCode::SERVICE_UNAVAILABLE && problem.kind.contains(":payment-");
        let seconds = problem.retry_after.filter(|_| unpaid)?;
        let before = order_form::value(fields, FIELD)
            .and_then(|value| value.parse().ok())
            .unwrap_or(0);
        (before < MOST).then_some(Self {
            seconds: seconds.saturating_add(before),
            attempt: before + 1,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(again: &str) -> Vec<(String, String)> {
        vec![
            ("key".to_owned(), "k".to_owned()),
            ("again".to_owned(), again.to_owned()),
        ]
    }

    #[test]
    fn the_page_tries_again_when_it_was_told_to_and_then_a_little_later_each_time() {
        for slug in ["payment-unavailable", "payment-busy"] {
            let busy = Problem::unavailable(slug, "pay in a moment", 2);
            let again =
                |fields: &Fields| Again::after(&busy, fields).map(|again| (again.seconds, again.attempt));
            assert_eq!(again(&[]), Some((2, 1)));
            assert_eq!(again(&fields("1")), Some((3, 2)));
            assert_eq!(again(&fields("7")), Some((9, 8)));
            assert_eq!(again(&fields("8")), None);
            assert_eq!(again(&fields("many")), Some((2, 1)));
        }
    }

    #[test]
    fn what_may_have_been_ordered_or_was_refused_is_not_sent_again() {
        let lost = Problem::unavailable("unavailable", "who knows", 2);
        let refused = Problem::new(StatusCode::PAYMENT_REQUIRED, "payment-refused", "no money");
        for problem in [lost, refused] {
            assert_eq!(Again::after(&problem, &[]), None, "{problem:?}");
        }
    }
}
