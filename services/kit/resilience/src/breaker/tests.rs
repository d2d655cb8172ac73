//! Calls that succeed, fail and take too long, and when the breaker opens and closes.

use super::*;
use std::future::{pending, ready};
use tokio::time::sleep;

const LIMITS: Limits = Limits {
    admission: AdmissionLimits {
        target: Duration::from_millis(20),
        places: 3..=3,
        max_waiting: 0,
        longest_wait: Duration::ZERO,
    },
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

async fn until_admitted(breaker: &Breaker) -> Entered {
    loop {
        if let Ok(entered) = breaker.enter().await {
            return entered;
        }
        sleep(Duration::from_millis(1)).await;
    }
}

#[tokio::test]
async fn when_most_calls_fail_none_are_made_and_the_check_says_so() {
    let (breaker, health) = breaker(LIMITS);
    assert!(health.checks()["pay breaker"].ready && breaker.enter().await.is_ok());
    open(&breaker).await;
    assert_eq!(breaker.enter().await.unwrap_err(), Rejection::Open);
    let never: Result<(), CallError<&str>> = breaker.call(async { panic!("it must not be made") }).await;
    assert_eq!(never, Err(CallError::Rejected(Rejection::Open)));
    assert!(!health.checks()["pay breaker"].ready && health.is_ready());
}

#[tokio::test]
async fn it_closes_by_itself_when_a_probe_succeeds_and_stays_open_when_it_fails() {
    let (breaker, health) = open_for_a_moment();
    open(&breaker).await;
    drop(until_admitted(&breaker).await);
    assert_eq!(fail(&breaker).await, Err(CallError::Failed("refused")));
    assert_eq!(breaker.enter().await.unwrap_err(), Rejection::Open);

    let _entered = until_admitted(&breaker).await;
    assert_eq!(succeed(&breaker).await, Ok(()));
    assert!(breaker.enter().await.is_ok() && health.checks()["pay breaker"].ready);
}

#[tokio::test]
async fn only_one_call_probes_and_one_that_is_given_up_makes_room_for_the_next() {
    let (breaker, _health) = open_for_a_moment();
    open(&breaker).await;
    let first = until_admitted(&breaker).await;
    assert_eq!(
        breaker.enter().await.unwrap_err(),
        Rejection::Open,
        "not a second"
    );
    let mut given_up = Box::pin(breaker.call(pending::<Result<(), &str>>()));
    assert!(futures::poll!(&mut given_up).is_pending());
    drop((given_up, first));
    let _next = breaker.enter().await.unwrap();
    assert_eq!(succeed(&breaker).await, Ok(()));
}

#[tokio::test]
async fn it_closes_also_when_calls_come_seldom() {
    let window = Duration::from_millis(50);
    let (breaker, _health) = breaker(Limits {
        open_for: Duration::from_millis(500),
        window,
        ..LIMITS
    });
    open(&breaker).await;
    drop(until_admitted(&breaker).await);
    for _ in 0..5 {
        let _entered = breaker.enter().await.unwrap();
        assert_eq!(succeed(&breaker).await, Ok(()));
        sleep(2 * window).await;
    }
}

#[tokio::test]
async fn slow_calls_open_nothing() {
    let (breaker, _health) = breaker(LIMITS);
    for _ in 0..2 * LIMITS.min_calls {
        let slow = async {
            sleep(2 * LIMITS.admission.target).await;
            Ok::<(), &str>(())
        };
        breaker.call(slow).await.unwrap();
    }
    assert!(breaker.enter().await.is_ok());
}

#[tokio::test]
async fn when_all_places_are_taken_and_nobody_may_wait_no_more_calls_are_made() {
    let (breaker, _health) = breaker(LIMITS);
    let mut entered = Vec::new();
    while entered.len() < *LIMITS.admission.places.end() {
        entered.push(breaker.enter().await.unwrap());
    }
    assert_eq!(breaker.enter().await.unwrap_err(), Rejection::Full);
    entered.pop();
    assert!(breaker.enter().await.is_ok());
}
