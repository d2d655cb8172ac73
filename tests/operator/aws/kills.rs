//! Simulates an operator that is killed at each point of its work at AWS.

use fdp_test_aws::{Between, Rule};

/// Runs `attempt` with an endpoint that stops responding after the first call, then with one that stops after the
/// second, and so on, until an attempt returns true. After each attempt, `check` gets the number of calls. Returns
/// how often an attempt was interrupted.
pub(crate) async fn killed_after_each_call(
    upstream: &str,
    attempt: impl AsyncFn(&str) -> bool,
    check: impl AsyncFn(usize),
) -> usize {
    let mut kills = 0;
    loop {
        let calls = kills + 1;
        let between = Between::start(upstream, Rule::HangAfter(calls)).await;
        let endpoint = between.endpoint();
        let finished = tokio::select! {
            finished = attempt(&endpoint) => finished,
            () = between.hung() => false,
        };
        check(calls).await;
        if finished {
            return kills;
        }
        kills += 1;
    }
}
