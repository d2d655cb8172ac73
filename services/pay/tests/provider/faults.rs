//! Whatever happens to a call, and whoever is killed during it: at rest the sums are right, by the provider's books.

use crate::world::{AMOUNT, World};
use fdp_contracts::PaymentState::{Approved, Refunded, Voided};
use fdp_contracts::{OrderId, OrderState};
use fdp_test_stripe::{Fault, Operation};
use http::StatusCode;

const FAULTS: [Fault; 6] = [
    Fault::SilentBefore,
    Fault::SilentAfter,
    Fault::FailedAfter,
    Fault::Status(409),
    Fault::Status(429),
    Fault::Status(500),
];

/// An order of which this call is due.
pub(crate) async fn about_to(world: &World, operation: Operation) -> OrderId {
    if operation == Operation::ExpireSession {
        let order_id = OrderId::new();
        assert_eq!(world.pay(order_id).await.0, StatusCode::ACCEPTED);
        world.void(order_id).await;
        return order_id;
    }
    let order_id = world.paid().await;
    if operation == Operation::Cancel {
        world.order_is(order_id, OrderState::Cancelled).await;
        return order_id;
    }
    world.order_is(order_id, OrderState::Accepted).await;
    if operation == Operation::Refund {
        world.rest(order_id).await;
        world.order_is(order_id, OrderState::Rejected).await;
    }
    order_id
}

/// What is announced of such an order, and what the provider has of it at rest.
fn expected(operation: Operation) -> (Vec<fdp_contracts::PaymentState>, u64) {
    match operation {
        Operation::ExpireSession => (vec![Voided], 0),
        Operation::Cancel | Operation::Refund => (vec![Approved, Refunded], 0),
        _ => (vec![Approved], AMOUNT),
    }
}

/// Waits until the payment of an order rests, and checks what was announced and what the provider has of it then.
pub(crate) async fn is_made_good(world: &World, order_id: OrderId, operation: Operation, fault: Fault) {
    world.rest(order_id).await;
    let (announced, held) = expected(operation);
    assert_eq!(world.held(order_id), held, "{operation:?} {fault:?}");
    assert_eq!(
        world.announced(order_id).await,
        announced,
        "{operation:?} {fault:?}"
    );
}

pub(crate) const CALLS: [Operation; 4] = [
    Operation::ExpireSession,
    Operation::Capture,
    Operation::Cancel,
    Operation::Refund,
];

#[tokio::test(flavor = "multi_thread")]
#[ignore = "starts PostgreSQL"]
async fn each_call_that_fails_is_made_good() {
    let world = World::new().await;
    for operation in CALLS {
        for fault in FAULTS {
            let order_id = about_to(&world, operation).await;
            world.peer.plan(operation, fault);
            is_made_good(&world, order_id, operation, fault).await;
        }
    }
    let refunded = world.peer.books().refunds.len();
    assert_eq!(refunded, FAULTS.len(), "each was refunded once");
    world.let_pass().await;
    assert_eq!(world.reconciliation.differences(1).await.unwrap(), []);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "starts PostgreSQL"]
async fn each_call_during_which_a_replica_is_killed_is_made_good_by_another() {
    let world = World::new().await;
    for operation in CALLS {
        for fault in [Fault::SilentBefore, Fault::SilentAfter] {
            let order_id = about_to(&world, operation).await;
            let before = world.peer.calls(operation);
            world.peer.plan(operation, fault);
            let settlement = world.settlement.clone();
            let killed = tokio::spawn(async move { settlement.settle_order(order_id).await });
            world.peer.until_called(operation, before + 1).await;
            killed.abort();
            assert!(killed.await.unwrap_err().is_cancelled());
            is_made_good(&world, order_id, operation, fault).await;
        }
    }
    assert_eq!(world.peer.books().refunds.len(), 2, "each was refunded once");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "starts PostgreSQL"]
async fn a_page_that_was_made_for_a_replica_that_is_no_more_is_found_again() {
    let world = World::new().await;
    for fault in [Fault::SilentBefore, Fault::SilentAfter] {
        let order_id = OrderId::new();
        let before = world.peer.calls(Operation::CreateSession);
        world.peer.plan(Operation::CreateSession, fault);
        // The caller hangs up, and the replica is killed before the provider's answer is stored.
        let call = tokio::time::timeout(std::time::Duration::from_millis(100), world.pay(order_id));
        assert!(call.await.is_err());
        world
            .peer
            .until_called(Operation::CreateSession, before + 1)
            .await;
        world
            .until("the page", async || {
                world.settlement.settle_due().await.unwrap();
                world.row(order_id).await["standing"] == "AwaitingCustomer"
            })
            .await;
        assert!(world.peer.customer_pays(&order_id.to_string()));
        world.hint(order_id).await;
        world.rest(order_id).await;
        assert_eq!(
            (world.held(order_id), world.announced(order_id).await),
            (AMOUNT, vec![Approved])
        );
        let pages = world.peer.books().sessions;
        let of_order = pages.iter().filter(|page| page.order_id == order_id.to_string());
        assert_eq!(of_order.count(), 1, "{fault:?}");
    }
}
