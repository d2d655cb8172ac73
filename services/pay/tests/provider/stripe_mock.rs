//! Stripe's own description of its API judges that each of our requests is one that Stripe takes.

use chrono::{TimeDelta, Utc};
use fdp_contracts::{OrderId, PaymentId};
use fdp_test_process::process::command;
use fdp_test_process::wait::until;
use pay::adapters::stripe::{Stripe, StripeSettings};
use pay::application::ports::{Outcome, PaymentProvider as _};
use pay::domain::provider_payment::{ProviderPayment, Reference, Standing};
use std::net::TcpStream;
use std::process::{Child, Stdio};
use std::time::Duration;

const START: Duration = Duration::from_mins(1);

/// `stripe-mock`: answers with examples, and refuses what Stripe's API does not know.
struct StripeMock {
    port: u16,
    process: Child,
}

impl StripeMock {
    fn start() -> Self {
        let port = fdp_ports::free().unwrap();
        let process = command(fdp_programs::program("stripe-mock").unwrap(), None)
            .args(["-http-addr", &format!("127.0.0.1:{port}")])
            // It always serves HTTPS too, on one port for everybody unless it is told another one.
            .args(["-https-addr", "127.0.0.1:0"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mock = Self { port, process };
        until("stripe-mock", START, || {
            Ok(TcpStream::connect(("127.0.0.1", port)).is_ok().then_some(()))
        })
        .unwrap();
        mock
    }

    fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}

impl Drop for StripeMock {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn payment(standing: Standing) -> ProviderPayment {
    let until = Utc::now() + TimeDelta::minutes(45);
    let path = Some("/orders/1".to_owned());
    let mut payment = ProviderPayment::new(PaymentId::new(), OrderId::new(), None, 18_000, path, until);
    let reference = Reference {
        session: Some("cs_test_1".to_owned()),
        payment: Some("pi_1".to_owned()),
    };
    payment.learn(standing, reference);
    payment
}

/// The mock's examples are of any state, so that only the words of a refusal count.
fn assert_taken(call: &str, outcome: &Outcome) {
    match outcome {
        Outcome::Refused(reason) => panic!("{call}: {reason}"),
        Outcome::Unknown(reason) => assert!(
            !reason.contains("answered") && !reason.contains("asking"),
            "{call}: {reason}"
        ),
        Outcome::Known(..) | Outcome::NeedsCustomer(..) => {}
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "starts stripe-mock"]
async fn every_call_is_one_that_stripe_takes() {
    let mock = StripeMock::start();
    let settings = StripeSettings {
        secret_key: "sk_test_123".to_owned(),
        webhook_secret: "whsec_1".to_owned(),
        url: mock.url(),
        public_url: "https://shop.example.com".to_owned(),
        timeout: Duration::from_secs(20),
    };
    let stripe = Stripe::new(&settings).unwrap();
    let held = payment(Standing::Authorized { capture_before: None });
    let waiting = payment(Standing::AwaitingCustomer);
    assert_taken(
        "authorize",
        &stripe.authorize(&payment(Standing::Asked), "key-1").await,
    );
    assert_taken("look up", &stripe.look_up(&waiting).await);
    assert_taken("expire", &stripe.cancel(&waiting, "key-2").await);
    assert_taken("capture", &stripe.capture(&held, 18_000, "key-3").await);
    assert_taken("cancel", &stripe.cancel(&held, "key-4").await);
    assert_taken("refund", &stripe.refund(&held, 5_000, "key-5").await);
    let listed = stripe.payments_since(Utc::now() - TimeDelta::days(8)).await;
    assert!(listed.is_ok(), "{listed:?}");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "starts stripe-mock"]
async fn the_judge_refuses_what_stripe_does_not_know() {
    let mock = StripeMock::start();
    let answer = reqwest::Client::new()
        .post(format!("{}/v1/refunds", mock.url()))
        .bearer_auth("sk_test_123")
        .form(&[("payment_intent", "pi_1"), ("sum", "5000")])
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 400);
}
