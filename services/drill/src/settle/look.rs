//! Looks at one order and its payment, through the gateway as their customer would.

use super::judgement::{Said, Verdict, judge};
use crate::client::{Answer, Body, Connection, Server};
use crate::measure::Order;
use fdp_contracts::{OrderId, OrderState, PaymentState};
use hyper::Request;
use serde::Deserialize;
use std::rc::Rc;
use std::time::Duration;

/// Whoever is looked at in vain is looked at again.
const PATIENCE: Duration = Duration::from_secs(5);

/// An order or a payment, of which only the state counts.
#[derive(Deserialize)]
struct Shown<T> {
    state: T,
}

pub(super) struct Looker {
    connection: Connection,
}

impl Looker {
    pub(super) fn at(gateway: &Rc<Server>) -> Self {
        Self {
            connection: Connection::to(Rc::clone(gateway)),
        }
    }

    /// The verdict on an order. `was_paid` keeps that its payment was seen, so that it is not looked at again and again while
    /// the order is under way.
    pub(super) async fn look(&mut self, order: &Order, was_paid: &mut bool) -> Verdict {
        let state = if order.cancelled {
            Said::State(OrderState::Cancelled)
        } else {
            self.order(order.id).await
        };
        let payment = match state {
            Said::State(state) if !state.is_final() && *was_paid => Said::State(PaymentState::Approved),
            Said::State(_) => self.payment(order.id).await,
            Said::Missing | Said::Nothing => Said::Nothing,
        };
        *was_paid |= payment == Said::State(PaymentState::Approved);
        judge(state, payment)
    }

    async fn order(&mut self, id: OrderId) -> Said<OrderState> {
        match self.get(&format!("/orders/{id}")).await {
            Some(answer) if answer.status == 404 => Said::Missing,
            Some(answer) if answer.is_success() => {
                let order: Option<Shown<OrderState>> = answer.json();
                order.map_or(Said::Nothing, |order| Said::State(order.state))
            }
            _ => Said::Nothing,
        }
    }

    /// A payment has an id of its own, so it is found by its order.
    async fn payment(&mut self, id: OrderId) -> Said<PaymentState> {
        let answer = self.get(&format!("/payments?orderId={id}")).await;
        let Some(answer) = answer.filter(Answer::is_success) else {
            return Said::Nothing;
        };
        match answer.json::<Vec<Shown<PaymentState>>>() {
            Some(payments) => payments
                .first()
                .map_or(Said::Missing, |payment| Said::State(payment.state)),
            None => Said::Nothing,
        }
    }

    async fn get(&mut self, path: &str) -> Option<Answer> {
        let request = Request::get(path).body(Body::default()).ok()?;
        self.connection.ask(request, PATIENCE).await.ok()
    }
}
