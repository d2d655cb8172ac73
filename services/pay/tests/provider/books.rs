//! The books here and at the provider are compared.

use crate::world::{AMOUNT, World};
use fdp_contracts::OrderState;

#[tokio::test(flavor = "multi_thread")]
#[ignore = "starts PostgreSQL"]
async fn books_that_agree_have_no_difference_and_each_order_whose_books_differ_is_named() {
    let world = World::new().await;
    let (kept, refunded, lost) = (world.paid().await, world.paid().await, world.paid().await);
    for order_id in [kept, refunded] {
        world.order_is(order_id, OrderState::Accepted).await;
        world.rest(order_id).await;
    }
    world.order_is(refunded, OrderState::Rejected).await;
    for order_id in [kept, refunded, lost] {
        world.rest(order_id).await;
    }
    world.let_pass().await;
    assert_eq!(world.reconciliation.differences(8).await.unwrap(), []);

    world.peer.held_for_too_long(&lost.to_string());
    sqlx::query("UPDATE payments SET state = 'Approved' WHERE order_id = $1")
        .bind(refunded.uuid())
        .execute(&world.pool)
        .await
        .unwrap();
    sqlx::query("DELETE FROM provider_payments WHERE order_id = $1")
        .bind(kept.uuid())
        .execute(&world.pool)
        .await
        .unwrap();
    let found = world.reconciliation.differences(8).await.unwrap();
    let named: Vec<_> = found
        .iter()
        .map(|found| (found.order_id, found.there, found.expected))
        .collect();
    assert_eq!(
        named,
        [(refunded, 0, AMOUNT), (lost, 0, AMOUNT), (kept, AMOUNT, 0)]
    );
    let line = found[2].to_string();
    assert!(
        line.contains(&kept.to_string()) && line.contains("18000 won"),
        "{line}"
    );
}
