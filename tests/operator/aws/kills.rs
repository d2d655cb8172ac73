//! An operator that is killed at each point of what it does at AWS.

use fdp_test_aws::{Between, Rule};

/// Makes `attempt` at the address that it is given, where no answer comes back after the first call, after the second, and so
/// on, until it gets to its end; it says whether it has. Whenever it was killed, and at the end, `check` is told after how
/// many calls. Gives how often it was killed.
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
