//! Calls that succeed, fail and take too long, and when the breaker opens and closes.

use super::*;
use std::future::{pending, ready};
use tokio::time::sleep;

const LIMITS: Limits = Limits {
    deadline: Duration::from_millis(20),
    max_in_flight: 3,
    failure_rate: 0.5,
    window: Duration::from_secs(10),
    min_calls: 4,
    open_for: Duration::from_mins(1),
};

fn breaker(limits: Limits) -> (Breaker, Health) {
    let health = Health::default();
    (Breaker::new("pay", limits, &health).unwrap(), health)
}

/// For tests that wait for the probe: open for long enough to be observed on a busy machine.
fn open_for_a_moment() -> (Breaker, Health) {
    breaker(Limits {
        open_for: Duration::from_millis(500),
        ..LIMITS
    })
}

async fn succeed(breaker: &Breaker) -> Result<(), CallError<&'static str>> {
    breaker.call(ready(Ok(()))).await
}

async fn fail(breaker: &Breaker) -> Result<(), CallError<&'static str>> {
    breaker.call(ready(Err("refused"))).await
}

async fn open(breaker: &Breaker) {
    for _ in 0..LIMITS.min_calls {
        assert_eq!(fail(breaker).await, Err(CallError::Failed("refused")));
    }
}

async fn until_admitted(breaker: &Breaker) {
    while breaker.admits().is_err() {
        sleep(Duration::from_millis(1)).await;
    }
}

#[tokio::test]
async fn when_most_calls_fail_none_are_made_and_the_check_says_so() {
    let (breaker, health) = breaker(LIMITS);
    assert!(health.checks()["pay breaker"].ready && breaker.admits().is_ok());
    open(&breaker).await;
    assert_eq!(breaker.admits(), Err(Rejection::Open));
    let never: Result<(), CallError<&str>> = breaker.call(async { panic!("it must not be made") }).await;
    assert_eq!(never, Err(CallError::Rejected(Rejection::Open)));
    assert!(!health.checks()["pay breaker"].ready && health.is_ready());
}

#[tokio::test]
async fn it_closes_by_itself_when_a_probe_succeeds_and_stays_open_when_it_fails() {
    let (breaker, health) = open_for_a_moment();
    open(&breaker).await;
    until_admitted(&breaker).await;
    assert_eq!(fail(&breaker).await, Err(CallError::Failed("refused")));
    assert_eq!(breaker.admits(), Err(Rejection::Open));

    until_admitted(&breaker).await;
    assert_eq!(succeed(&breaker).await, Ok(()));
    assert!(breaker.admits().is_ok() && health.checks()["pay breaker"].ready);
}

#[tokio::test]
async fn only_one_call_probes_and_one_that_is_given_up_makes_room_for_the_next() {
    let (breaker, _health) = open_for_a_moment();
    open(&breaker).await;
    until_admitted(&breaker).await;
    let mut probe = Box::pin(breaker.call(pending::<Result<(), &str>>()));
    assert!(futures::poll!(&mut probe).is_pending());
    assert_eq!(succeed(&breaker).await, Err(CallError::Rejected(Rejection::Open)));
    drop(probe);
    assert_eq!(succeed(&breaker).await, Ok(()));
}

#[tokio::test]
async fn late_calls_count_as_failed_and_a_few_of_them_open_nothing() {
    let (breaker, _health) = breaker(LIMITS);
    for _ in 0..3 {
        succeed(&breaker).await.unwrap();
    }
    let late = breaker.call(pending::<Result<(), &str>>()).await;
    assert_eq!(late, Err(CallError::Late(LIMITS.deadline)));
    assert!(breaker.admits().is_ok(), "one of four");
    for _ in 0..2 {
        let _ = breaker.call(pending::<Result<(), &str>>()).await;
    }
    assert_eq!(breaker.admits(), Err(Rejection::Open), "three of six");
}

#[tokio::test]
async fn when_the_bulkhead_is_full_nobody_waits() {
    let (breaker, _health) = breaker(LIMITS);
    let mut calls: Vec<_> = (0..LIMITS.max_in_flight)
        .map(|_| Box::pin(breaker.call(pending::<Result<(), &str>>())))
        .collect();
    for call in &mut calls {
        assert!(futures::poll!(call).is_pending());
    }
    assert_eq!(breaker.admits(), Err(Rejection::Full));
    assert_eq!(succeed(&breaker).await, Err(CallError::Rejected(Rejection::Full)));
    calls.pop();
    assert_eq!(succeed(&breaker).await, Ok(()));
}
