//! The books: pages on which customers pay, payments and refunds, and the rules by which they change.

use crate::form::Fields;
use crate::objects::{self, list, refund_json};
use crate::records::{Intent, IntentStatus, Refund, RefundStatus, Session, SessionStatus};
use serde_json::Value;
use std::collections::BTreeMap;
use std::time::{SystemTime, UNIX_EPOCH};

/// Why something is refused: status, code, message.
pub(crate) type Refused = (u16, &'static str, String);

/// The books of one account.
#[derive(Debug, Clone)]
pub struct Books {
    pub sessions: Vec<Session>,
    pub intents: Vec<Intent>,
    pub refunds: Vec<Refund>,
    /// What new refunds are.
    pub new_refunds: RefundStatus,
    /// Where pages are.
    base: String,
    ids: u64,
}

pub(crate) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

fn refused(message: impl Into<String>) -> Refused {
    (400, "parameter_invalid", message.into())
}

impl Books {
    pub(crate) fn new(base: String) -> Self {
        Self {
            sessions: Vec::new(),
            intents: Vec::new(),
            refunds: Vec::new(),
            new_refunds: RefundStatus::Succeeded,
            base,
            ids: 0,
        }
    }

    fn id(&mut self, prefix: &str) -> String {
        self.ids += 1;
        format!("{prefix}_test_{}", self.ids)
    }

    /// The newest page of an order.
    pub fn session_of(&self, order_id: &str) -> Option<&Session> {
        self.sessions.iter().rfind(|session| session.order_id == order_id)
    }

    /// What is held or was taken of an order's payments and did not go back, in won.
    pub fn held(&self, order_id: &str) -> u64 {
        let of_order = self.intents.iter().filter(|intent| intent.order_id == order_id);
        of_order.map(|intent| self.held_of(intent)).sum()
    }

    fn held_of(&self, intent: &Intent) -> u64 {
        match intent.status {
            IntentStatus::RequiresCapture => intent.amount,
            IntentStatus::Succeeded => intent.received - self.refunded(&intent.id),
            _ => 0,
        }
    }

    /// What goes or went back of a payment, in won.
    pub fn refunded(&self, intent: &str) -> u64 {
        let back = self
            .refunds
            .iter()
            .filter(|refund| refund.intent == intent && refund.status != RefundStatus::Failed);
        back.map(|refund| refund.amount).sum()
    }

    pub(crate) fn create_session(&mut self, form: &Fields) -> Result<Value, Refused> {
        let amount = form
            .number("line_items[0][price_data][unit_amount]")
            .map_err(refused)?;
        let wanted = [
            ("mode", "payment"),
            ("payment_intent_data[capture_method]", "manual"),
            ("line_items[0][price_data][currency]", "krw"),
        ];
        for (name, value) in wanted {
            let given = form.required(name).map_err(refused)?;
            if given != value {
                return Err(refused(format!(
                    "this peer takes only {value} as {name}, not {given}"
                )));
            }
        }
        let expires_at = form.number("expires_at").map_err(refused)?;
        if !(now() + 1_800..=now() + 86_400).contains(&expires_at) {
            let message =
                "The `expires_at` timestamp must be at least 30 minutes and less than 24 hours from now.";
            return Err(refused(message));
        }
        let session = Session {
            id: self.id("cs"),
            order_id: form.required("client_reference_id").map_err(refused)?.to_owned(),
            amount,
            status: SessionStatus::Open,
            success_url: form.required("success_url").map_err(refused)?.to_owned(),
            expires_at,
            intent: None,
        };
        self.sessions.push(session.clone());
        Ok(self.session_json(&session))
    }

    pub(crate) fn session(&self, id: &str) -> Result<&Session, Refused> {
        let found = self.sessions.iter().find(|session| session.id == id);
        found.ok_or_else(|| {
            (
                404,
                "resource_missing",
                format!("No such checkout.session: '{id}'"),
            )
        })
    }

    pub(crate) fn session_mut(&mut self, id: &str) -> &mut Session {
        self.sessions
            .iter_mut()
            .find(|session| session.id == id)
            .unwrap_or_else(|| panic!("no page {id}"))
    }

    pub(crate) fn expire_session(&mut self, id: &str) -> Result<Value, Refused> {
        let session = self.session(id)?.clone();
        if session.status != SessionStatus::Open {
            let message = "Only Checkout Sessions with a status in [\"open\"] can be expired.";
            return Err(refused(message));
        }
        self.session_mut(id).status = SessionStatus::Expired;
        let expired = self.session(id)?;
        Ok(self.session_json(expired))
    }

    fn intent(&self, id: &str) -> Result<&Intent, Refused> {
        let found = self.intents.iter().find(|intent| intent.id == id);
        found.ok_or_else(|| (404, "resource_missing", format!("No such payment_intent: '{id}'")))
    }

    pub(crate) fn intent_mut(&mut self, id: &str) -> &mut Intent {
        self.intents
            .iter_mut()
            .find(|intent| intent.id == id)
            .unwrap_or_else(|| panic!("no payment {id}"))
    }

    /// The payment of a page; made when the customer first tries to pay.
    pub(crate) fn intent_of_session(&mut self, session_id: &str) -> String {
        let session = self.session(session_id).unwrap().clone();
        if let Some(intent) = session.intent {
            return intent;
        }
        let intent = Intent {
            id: self.id("pi"),
            order_id: session.order_id,
            amount: session.amount,
            status: IntentStatus::RequiresPaymentMethod,
            received: 0,
            created: now(),
        };
        let id = intent.id.clone();
        self.intents.push(intent);
        self.session_mut(session_id).intent = Some(id.clone());
        id
    }

    pub(crate) fn capture(&mut self, id: &str, form: &Fields) -> Result<Value, Refused> {
        let intent = self.intent(id)?.clone();
        let amount = form.number("amount_to_capture").map_err(refused)?;
        if intent.status != IntentStatus::RequiresCapture {
            return Err(unexpected_state(&intent, "captured"));
        }
        if amount == 0 || amount > intent.amount {
            return Err(refused("amount_to_capture exceeds what is held"));
        }
        let intent = self.intent_mut(id);
        intent.status = IntentStatus::Succeeded;
        intent.received = amount;
        Ok(self.intent_json(self.intent(id)?))
    }

    pub(crate) fn cancel(&mut self, id: &str) -> Result<Value, Refused> {
        let intent = self.intent(id)?.clone();
        if matches!(intent.status, IntentStatus::Succeeded | IntentStatus::Canceled) {
            return Err(unexpected_state(&intent, "canceled"));
        }
        self.intent_mut(id).status = IntentStatus::Canceled;
        Ok(self.intent_json(self.intent(id)?))
    }

    pub(crate) fn refund(&mut self, form: &Fields) -> Result<Value, Refused> {
        let id = form.required("payment_intent").map_err(refused)?;
        let intent = self.intent(id)?.clone();
        let amount = form.number("amount").map_err(refused)?;
        if intent.status != IntentStatus::Succeeded {
            return Err(unexpected_state(&intent, "refunded"));
        }
        let left = intent.received - self.refunded(id);
        if amount == 0 || amount > left {
            let message =
                format!("Refund amount ({amount}) is greater than unrefunded amount on charge ({left})");
            return Err((400, "charge_already_refunded", message));
        }
        let refund = Refund {
            id: self.id("re"),
            intent: intent.id,
            amount,
            status: self.new_refunds,
        };
        self.refunds.push(refund.clone());
        Ok(refund_json(&refund))
    }

    pub(crate) fn refunds_of(&self, intent: &str) -> Value {
        let of_intent = self.refunds.iter().filter(|refund| refund.intent == intent);
        list(of_intent.rev().map(refund_json).collect())
    }

    /// The payments since a time, newest first, 100 at most.
    pub(crate) fn intents_since(&self, query: &Fields) -> Value {
        let since: u64 = query
            .get("created[gte]")
            .map_or(0, |since| since.parse().unwrap_or_default());
        let mut newest: Vec<&Intent> = self
            .intents
            .iter()
            .rev()
            .filter(|intent| intent.created >= since)
            .collect();
        if let Some(after) = query.get("starting_after") {
            let place = newest.iter().position(|intent| intent.id == after);
            newest.drain(..=place.unwrap());
        }
        let has_more = newest.len() > 100;
        newest.truncate(100);
        let mut page = list(
            newest
                .into_iter()
                .map(|intent| self.intent_json(intent))
                .collect(),
        );
        page["has_more"] = has_more.into();
        page
    }

    pub(crate) fn session_json(&self, session: &Session) -> Value {
        let intent = session.intent.as_ref().and_then(|id| self.intent(id).ok());
        let intent = intent.map(|intent| self.intent_json(intent));
        objects::session_json(session, &self.base, intent.as_ref())
    }

    fn intent_json(&self, intent: &Intent) -> Value {
        objects::intent_json(intent, self.refunded(&intent.id))
    }
}

fn unexpected_state(intent: &Intent, what: &str) -> Refused {
    let message = format!(
        "This PaymentIntent could not be {what} because it has a status of {:?}.",
        intent.status
    );
    (400, "payment_intent_unexpected_state", message)
}

/// What was answered to a key, and to which form.
pub(crate) type Answered = BTreeMap<String, (Fields, u16, Value)>;
