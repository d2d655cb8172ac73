//! An order is paid on a page of the provider, and its money is taken when the store accepts.

use crate::world::{AMOUNT, World};
use chrono::{DateTime, TimeDelta, Utc};
use fdp_contracts::PaymentState::Approved;
use fdp_contracts::{OrderId, OrderState};
use fdp_http::Caller;
use fdp_http::caller::{Person, Role};
use fdp_test_stripe::{Fault, Operation, Webhook};
use futures::future::join_all;
use http::StatusCode;
use serde_json::Value;

#[tokio::test(flavor = "multi_thread")]
#[ignore = "starts PostgreSQL"]
async fn a_customer_is_sent_to_a_page_and_the_order_is_paid_once_they_have_paid_there() {
    let world = World::new().await;
    let order_id = OrderId::new();
    let (status, waiting) = world.pay(order_id).await;
    assert_eq!(status, StatusCode::ACCEPTED, "{waiting}");
    assert_eq!(
        (&waiting["state"], &waiting["amount"]),
        (&"AwaitingCustomer".into(), &AMOUNT.into())
    );
    let until: DateTime<Utc> = waiting["expiresAt"].as_str().unwrap().parse().unwrap();
    assert!(until > Utc::now() + TimeDelta::minutes(30), "{until}");
    assert_eq!(
        world.pay(order_id).await,
        (StatusCode::ACCEPTED, waiting.clone()),
        "the same again"
    );
    let books = world.peer.books();
    let page = books.session_of(&order_id.to_string()).unwrap();
    assert_eq!(
        page.success_url,
        format!("https://shop.example.com/orders/{order_id}")
    );
    assert_eq!(
        (books.sessions.len(), world.announced(order_id).await),
        (1, vec![])
    );

    assert!(world.peer.customer_pays(&order_id.to_string()));
    let webhook = world
        .peer
        .webhook("checkout.session.completed", &order_id.to_string());
    assert_eq!(world.deliver(&webhook).await, StatusCode::OK);
    world
        .until("the approval", async || {
            world.announced(order_id).await == [Approved]
        })
        .await;
    let (status, paid) = world.pay(order_id).await;
    assert_eq!(
        (status, &paid["state"]),
        (StatusCode::OK, &"Approved".into()),
        "{paid}"
    );
    assert_eq!(paid["paymentId"], waiting["paymentId"]);
    let shown = world.shown(order_id).await;
    assert_eq!(
        (&shown["provider"]["name"], &shown["provider"]["standing"]),
        (&"Stripe".into(), &"Authorized".into())
    );
    assert_eq!(world.held(order_id), AMOUNT);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "starts PostgreSQL"]
async fn whoever_comes_back_from_the_page_is_told_of_the_payment_at_once() {
    let world = World::new().await;
    let order_id = world.paid_at_the_provider().await;
    let answers = join_all((0..10).map(|_| world.pay(order_id))).await;
    assert!(
        answers.iter().any(|(status, _)| status.is_success()),
        "{answers:?}"
    );
    world
        .until("the approval", async || {
            world.announced(order_id).await == [Approved]
        })
        .await;
    assert_eq!(world.pay(order_id).await.0, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "starts PostgreSQL"]
async fn a_declined_card_and_a_question_of_the_bank_leave_the_page_open() {
    let world = World::new().await;
    let order_id = OrderId::new();
    world.pay(order_id).await;
    let order = order_id.to_string();
    world.peer.bank_declines(&order);
    assert_eq!(world.pay(order_id).await.0, StatusCode::ACCEPTED);
    world.peer.bank_asks(&order);
    assert_eq!(world.pay(order_id).await.0, StatusCode::ACCEPTED);
    assert!(world.peer.customer_pays(&order));
    assert_eq!(world.pay(order_id).await.0, StatusCode::CREATED);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "starts PostgreSQL"]
async fn what_the_provider_refuses_and_what_nobody_pays_in_time_is_never_paid() {
    let world = World::new().await;
    let (refused, late) = (OrderId::new(), OrderId::new());
    world.peer.plan(Operation::CreateSession, Fault::Status(402));
    for _ in 0..2 {
        let (status, problem) = world.pay(refused).await;
        assert_eq!(status, StatusCode::PAYMENT_REQUIRED, "{problem}");
        assert_eq!(problem["type"], "urn:fooddelivery:problem:payment-refused");
    }
    assert_eq!(world.pay(late).await.0, StatusCode::ACCEPTED);
    world.peer.page_expires(&late.to_string());
    for _ in 0..2 {
        let (status, problem) = world.pay(late).await;
        assert_eq!(status, StatusCode::CONFLICT, "{problem}");
        assert_eq!(problem["type"], "urn:fooddelivery:problem:payment-expired");
    }
    for order_id in [refused, late] {
        assert_eq!(
            (world.held(order_id), world.announced(order_id).await),
            (0, vec![])
        );
        assert_eq!(world.shown(order_id).await, Value::Null);
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "starts PostgreSQL"]
async fn a_repeated_request_waits_for_the_answer_to_the_first() {
    let world = World::new().await;
    let order_id = OrderId::new();
    world.peer.plan(Operation::CreateSession, Fault::Slow(250));
    let (first, repeated) = tokio::join!(world.pay(order_id), world.pay(order_id));
    assert_eq!(first.0, StatusCode::ACCEPTED, "{first:?}");
    assert_eq!(first, repeated);
    assert_eq!(world.peer.calls(Operation::CreateSession), 1);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "starts PostgreSQL"]
async fn a_provider_that_does_not_answer_is_unknown_at_first_and_the_page_comes_later() {
    let world = World::new().await;
    let order_id = OrderId::new();
    world.peer.plan(Operation::CreateSession, Fault::SilentAfter);
    let (status, problem) = world.pay(order_id).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{problem}");
    assert_eq!(
        (&problem["type"], &problem["retryAfter"]),
        (&"urn:fooddelivery:problem:payment-unknown".into(), &1.into())
    );
    world
        .until("the page", async || {
            world.settlement.settle_due().await.unwrap();
            world.row(order_id).await["standing"] == "AwaitingCustomer"
        })
        .await;
    assert_eq!(world.pay(order_id).await.0, StatusCode::ACCEPTED);
    assert_eq!(world.peer.books().sessions.len(), 1, "the same page");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "starts PostgreSQL"]
async fn the_money_of_an_accepted_order_is_taken_once_however_many_replicas_there_are() {
    let world = World::new().await;
    let mut orders = Vec::new();
    for _ in 0..8 {
        orders.push(world.paid().await);
    }
    for order_id in &orders {
        assert_eq!(
            world.peer.calls(Operation::Capture),
            0,
            "not before the store accepts"
        );
        world.rest(*order_id).await;
    }
    for order_id in &orders {
        world.order_is(*order_id, OrderState::Accepted).await;
        world.order_is(*order_id, OrderState::Delivered).await;
    }
    let replicas = (0..4).map(|_| world.settlement.settle_due());
    for settled in join_all(replicas).await {
        settled.unwrap();
    }
    for order_id in &orders {
        world.rest(*order_id).await;
        assert_eq!(world.row(*order_id).await["standing"], "Captured");
        assert_eq!(world.held(*order_id), AMOUNT);
    }
    assert_eq!(world.peer.calls(Operation::Capture), orders.len());
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "starts PostgreSQL"]
async fn messages_that_are_forged_are_rejected_and_those_that_come_twice_or_in_disorder_change_nothing() {
    let world = World::new().await;
    let order_id = world.paid().await;
    world.order_is(order_id, OrderState::Accepted).await;
    world.rest(order_id).await;
    for kind in [
        "payment_intent.succeeded",
        "checkout.session.completed",
        "checkout.session.completed",
    ] {
        let webhook = world.peer.webhook(kind, &order_id.to_string());
        assert_eq!(world.deliver(&webhook).await, StatusCode::OK);
    }
    world.rest(order_id).await;
    assert_eq!(
        (world.held(order_id), world.announced(order_id).await),
        (AMOUNT, vec![Approved])
    );
    let own = world
        .peer
        .webhook("payment_intent.canceled", &order_id.to_string());
    let forged = Webhook {
        body: own.body.replace("canceled", "succeeded"),
        ..own
    };
    assert_eq!(world.deliver(&forged).await, StatusCode::BAD_REQUEST);
    let about_nobody = world
        .peer
        .webhook("payment_intent.canceled", &OrderId::new().to_string());
    assert_eq!(world.deliver(&about_nobody).await, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "starts PostgreSQL"]
async fn why_a_call_failed_is_shown_to_those_who_run_the_platform_and_not_to_the_customer() {
    let world = World::new().await;
    let order_id = world.paid().await;
    world.order_is(order_id, OrderState::Accepted).await;
    world.peer.plan(Operation::Capture, Fault::Status(403));
    world.settlement.settle_due().await.unwrap();
    let why = world.shown(order_id).await["provider"]["lastError"].take();
    assert!(why.as_str().is_some_and(|why| why.contains("403")), "{why}");
    let customer = Caller::Person(Person {
        subject: "100".to_owned(),
        roles: [Role::Customer].into(),
        stores: vec![],
    });
    let provider = world.shown_to(&customer, order_id).await["provider"].take();
    assert_eq!(
        (&provider["standing"], provider.get("lastError")),
        (&"Authorized".into(), None)
    );
}
