//! What a rider can do in each state of a delivery.

use fdp_contracts::DeliveryState;

/// What is possible in a state, or what the delivery waits for; a part of error messages.
pub(super) fn advice(state: DeliveryState) -> &'static str {
    match state {
        DeliveryState::Requested => "it waits for the store to finish cooking",
        DeliveryState::Ready => "possible now: assign, give-back, position, start",
        DeliveryState::Departing => "it waits for the order's word that it may leave, which takes moments",
        DeliveryState::Started => "possible now: position, deliver",
        DeliveryState::Delivered => "nothing more can be done with it",
        DeliveryState::Cancelled => "the order has ended, so that nothing is to be delivered",
    }
}
