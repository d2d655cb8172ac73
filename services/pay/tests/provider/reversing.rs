//! An order that was given up or ended without a delivery leaves no money at the provider.

use crate::world::{AMOUNT, World};
use fdp_contracts::PaymentState::{Approved, Refunded, Voided};
use fdp_contracts::{OrderId, OrderState};
use fdp_test_stripe::{Fault, Operation, RefundStatus, SessionStatus};
use futures::future::join_all;
use http::StatusCode;

#[tokio::test(flavor = "multi_thread")]
#[ignore = "starts PostgreSQL"]
async fn the_page_of_an_order_that_was_given_up_is_closed() {
    let world = World::new().await;
    let order_id = OrderId::new();
    assert_eq!(world.pay(order_id).await.0, StatusCode::ACCEPTED);
    world.void(order_id).await;
    world.rest(order_id).await;
    assert!(!world.peer.customer_pays(&order_id.to_string()));
    assert_eq!(world.pay(order_id).await.0, StatusCode::CONFLICT);
    assert_eq!(world.announced(order_id).await, [Voided]);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "starts PostgreSQL"]
async fn a_customer_who_pays_after_the_order_was_given_up_gets_the_money_back() {
    let world = World::new().await;
    let order_id = OrderId::new();
    assert_eq!(world.pay(order_id).await.0, StatusCode::ACCEPTED);
    world.void(order_id).await;
    assert!(
        world.peer.customer_pays(&order_id.to_string()),
        "the page is still open"
    );
    world.hint(order_id).await;
    world.rest(order_id).await;
    assert_eq!(
        (world.held(order_id), world.announced(order_id).await),
        (0, vec![Voided])
    );
    assert_eq!(world.row(order_id).await["standing"], "Cancelled");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "starts PostgreSQL"]
async fn an_order_that_is_given_up_while_the_provider_is_asked_leaves_nothing() {
    let world = World::new().await;
    let order_id = OrderId::new();
    world.peer.plan(Operation::CreateSession, Fault::SilentAfter);
    let (paid, ()) = tokio::join!(world.pay(order_id), async {
        world.peer.until_called(Operation::CreateSession, 1).await;
        world.void(order_id).await;
    });
    assert!(!paid.0.is_success(), "{paid:?}");
    world.rest(order_id).await;
    let books = world.peer.books();
    let page = books.session_of(&order_id.to_string()).unwrap();
    assert_eq!(
        (page.status, world.announced(order_id).await),
        (SessionStatus::Expired, vec![Voided])
    );
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "starts PostgreSQL"]
async fn payments_and_voids_that_meet_leave_no_money_behind() {
    let world = World::new().await;
    let orders: Vec<OrderId> = (0..12).map(|_| OrderId::new()).collect();
    let races = orders.iter().map(|order_id| async {
        tokio::join!(world.pay(*order_id), world.void(*order_id));
    });
    join_all(races).await;
    for order_id in orders {
        let has_row: bool =
            sqlx::query_scalar("SELECT EXISTS (SELECT FROM provider_payments WHERE order_id = $1)")
                .bind(order_id.uuid())
                .fetch_one(&world.pool)
                .await
                .unwrap();
        if has_row {
            world.hint(order_id).await;
            world.rest(order_id).await;
            let books = world.peer.books();
            let page = books.session_of(&order_id.to_string());
            assert!(
                page.is_none_or(|page| page.status == SessionStatus::Expired),
                "{page:?}"
            );
        }
        assert_eq!(
            (world.held(order_id), world.announced(order_id).await),
            (0, vec![Voided])
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "starts PostgreSQL"]
async fn before_its_acceptance_an_order_is_cancelled_at_the_provider_and_after_it_refunded() {
    let world = World::new().await;
    let (cancelled, rejected) = (world.paid().await, world.paid().await);
    world.order_is(rejected, OrderState::Accepted).await;
    world.rest(rejected).await;
    world.order_is(cancelled, OrderState::Cancelled).await;
    world.order_is(rejected, OrderState::Rejected).await;
    // What comes late does not take the money again.
    world.order_is(cancelled, OrderState::Accepted).await;
    for (order_id, standing) in [(cancelled, "Cancelled"), (rejected, "Captured")] {
        world.rest(order_id).await;
        assert_eq!(world.row(order_id).await["standing"], standing);
        assert_eq!(
            (world.held(order_id), world.announced(order_id).await),
            (0, vec![Approved, Refunded])
        );
    }
    let refunds = world.peer.books().refunds;
    let sums: Vec<u64> = refunds.iter().map(|refund| refund.amount).collect();
    assert_eq!(sums, [AMOUNT]);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "starts PostgreSQL"]
async fn a_refund_that_fails_later_is_shown_and_made_again() {
    let world = World::new().await;
    let order_id = world.paid().await;
    world.order_is(order_id, OrderState::Accepted).await;
    world.rest(order_id).await;
    world.peer.new_refunds_are(RefundStatus::Pending);
    world.order_is(order_id, OrderState::Rejected).await;
    world
        .until("the refund", async || {
            world.settlement.settle_due().await.unwrap();
            world.peer.calls(Operation::Refund) == 1 && world.row(order_id).await["refunding"] == AMOUNT
        })
        .await;
    assert_eq!(world.shown(order_id).await["provider"]["refund"], "Pending");
    world.peer.end_refunds(RefundStatus::Failed);
    world.hint(order_id).await;
    world
        .until("the failure", async || {
            world.shown(order_id).await["provider"]["refund"] == "Failed"
        })
        .await;
    assert_eq!(world.held(order_id), AMOUNT);
    assert_eq!(
        world.peer.calls(Operation::Refund),
        1,
        "it waits before it is made again"
    );
    world.peer.new_refunds_are(RefundStatus::Succeeded);
    world.hint(order_id).await;
    world.rest(order_id).await;
    assert_eq!(
        (world.held(order_id), world.peer.calls(Operation::Refund)),
        (0, 2)
    );
    assert_eq!(world.shown(order_id).await["provider"].get("refund"), None);
}
