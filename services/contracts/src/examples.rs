//! One example of each snapshot, told by one order: the documents show them.

use crate::{
    DeliveryId, DeliverySnapshot, DeliveryState, OrderId, OrderLine, OrderSnapshot, OrderState, PaymentId,
    PaymentSnapshot, PaymentState, ProductSnapshot, StockLine, StockMovement, StockOutcome, TicketSnapshot,
    TicketState,
};
use chrono::{DateTime, Utc};
use uuid::Uuid;

/// What the ids are made of: the UUID of an order placed at [`NOON`].
pub(crate) const ID: Uuid = Uuid::from_u128(0x019a_ab6f_7600_7068_91eb_4b64_2e6b_1b9f);
/// 2025-11-22 12:00 UTC, in seconds since 1970.
const NOON: i64 = 1_763_812_800;

pub(crate) fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(NOON + seconds, 0).unwrap_or_default()
}

pub(crate) fn order() -> OrderSnapshot {
    OrderSnapshot {
        order_id: OrderId::from(ID),
        customer_id: "100".into(),
        store_id: "1".into(),
        lines: vec![OrderLine {
            product_id: Some("1001".into()),
            product_name: "TV".into(),
            qty: 5,
            unit_price: 10_000,
        }],
        amount: 50_000,
        state: OrderState::Placed,
        reason: None,
        version: 1,
        placed_at: at(0),
        changed_at: at(0),
    }
}

pub(crate) fn payment() -> PaymentSnapshot {
    PaymentSnapshot {
        payment_id: PaymentId::from(ID),
        order_id: OrderId::from(ID),
        amount: 50_000,
        state: PaymentState::Approved,
        changed_at: at(0),
    }
}

pub(crate) fn ticket() -> TicketSnapshot {
    TicketSnapshot {
        order_id: OrderId::from(ID),
        store_id: "1".into(),
        customer_id: "100".into(),
        state: TicketState::Accepted,
        reason: None,
        changed_at: at(60),
    }
}

pub(crate) fn delivery() -> DeliverySnapshot {
    DeliverySnapshot {
        delivery_id: DeliveryId::from(ID),
        order_id: OrderId::from(ID),
        customer_id: "100".into(),
        store_id: "1".into(),
        state: DeliveryState::Started,
        changed_at: at(1_200),
    }
}

pub(crate) fn movement() -> StockMovement {
    StockMovement {
        order_id: OrderId::from(ID),
        lines: vec![StockLine {
            product_id: "1001".into(),
            qty: 5,
        }],
        outcome: StockOutcome::Taken,
        reason: None,
        changed_at: at(1),
    }
}

pub(crate) fn product() -> ProductSnapshot {
    ProductSnapshot {
        product_id: "1001".into(),
        product_name: "TV".into(),
        stock: 95,
        unit_price: Some(10_000),
        changed_at: at(1),
    }
}
