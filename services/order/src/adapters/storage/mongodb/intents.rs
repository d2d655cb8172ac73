//! The documents of payment intents, each changed with one update, and those among them that wait for their customer to pay.

use crate::adapters::storage::mongodb::MongoOrders;
use crate::adapters::storage::mongodb::documents::{ClaimedDocument, IntentDocument, later};
use crate::adapters::storage::mongodb::errors::{failed, in_time, unchanged};
use crate::application::follow_approval;
use crate::application::ports::{
    ClaimedIntent, OrderRepository as _, PaymentIntent, RepositoryError, WaitOutcome,
};
use crate::domain::{Approval, AwaitingOrder, Unpaid};
use chrono::{DateTime as Moment, Utc};
use fdp_contracts::OrderId;
use mongodb::bson::{DateTime, doc};
use mongodb::options::ReturnDocument;
use std::time::Duration;

/// The database stores times in milliseconds, and a lease has to end after the millisecond in which it begins.
const MIN_LEASE: Duration = Duration::from_millis(1);

impl MongoOrders {
    /// Inserts an intent, after its recipient: whoever crashes in between leaves one that no order has.
    pub(super) async fn insert_intent(
        &self,
        intent: &PaymentIntent,
        lease: Duration,
    ) -> Result<(), RepositoryError> {
        if let Some(recipient) = &intent.recipient {
            self.insert_recipient(intent.order_id, recipient).await?;
        }
        let document = doc! {
            "_id": intent.order_id.to_string(),
            "intent": {
                "customerId": &intent.customer_id,
                "amount": i64::try_from(intent.amount).map_err(failed)?,
                "abandoned": false,
                "leaseUntil": later(DateTime::now(), lease),
            },
        };
        in_time(self.orders.insert_one(document)).await?;
        Ok(())
    }

    /// Deletes the intent of an order, and then its recipient; nothing if it has become an order.
    pub(super) async fn delete_intent(&self, order_id: OrderId) -> Result<(), RepositoryError> {
        let intent = doc! {"_id": order_id.to_string(), "intent": {"$exists": true}};
        let deleted = in_time(self.orders.delete_one(intent)).await?;
        if deleted.deleted_count > 0 {
            self.delete_recipient(order_id).await?;
        }
        Ok(())
    }

    /// Records that an intent waits for its customer, unless it was given up or paid meanwhile.
    pub(super) async fn wait_for_customer(
        &self,
        awaiting: &AwaitingOrder,
        lease: Duration,
    ) -> Result<WaitOutcome, RepositoryError> {
        let order_id = awaiting.order_id();
        let open = doc! {
            "_id": order_id.to_string(), "intent.abandoned": false, "intent.toldPaid": {"$exists": false},
        };
        let update = doc! {"$set": {
            "intent.awaiting": serde_json::to_string(awaiting).map_err(failed)?,
            "intent.leaseUntil": later(DateTime::now(), lease),
        }};
        let updated = in_time(self.orders.update_one(open, update)).await?;
        if updated.matched_count == 1 {
            return Ok(WaitOutcome::Waiting);
        }
        Ok(match self.load_unpaid(order_id).await? {
            Some(unpaid) if !unpaid.abandoned => WaitOutcome::Paid,
            _ => WaitOutcome::GivenUp,
        })
    }

    /// The intent of an order, if there is one.
    pub(super) async fn load_unpaid(&self, order_id: OrderId) -> Result<Option<Unpaid>, RepositoryError> {
        let found = self.document(&order_id.to_string()).await?;
        let intent = found.and_then(|document| document.intent);
        intent.map(|intent| intent.unpaid()).transpose()
    }

    /// Abandons an intent whose payment is not voided yet; returns false if there is none.
    pub(super) async fn abandon(&self, order_id: OrderId) -> Result<bool, RepositoryError> {
        let intent = doc! {
            "_id": order_id.to_string(), "intent": {"$exists": true}, "intent.voided": {"$exists": false},
        };
        let update = doc! {"$set": {"intent.abandoned": true, "intent.leaseUntil": DateTime::now()}};
        Ok(in_time(self.orders.update_one(intent, update))
            .await?
            .matched_count
            == 1)
    }

    /// Leases intents whose lease has ended, and abandons those that do not wait for their customer.
    pub(super) async fn claim(
        &self,
        most: u32,
        lease: Duration,
    ) -> Result<Vec<ClaimedIntent>, RepositoryError> {
        // The clocks of two replicas may differ. If an intent is claimed too early, its order fails, but no money is
        // lost.
        let now = DateTime::now();
        let over = doc! {"intent.leaseUntil": {"$lte": now}, "intent.voided": {"$exists": false}};
        let update = doc! {"$set": {"intent.leaseUntil": later(now, lease.max(MIN_LEASE))}};
        let intents = self.orders.clone_with_type::<ClaimedDocument>();
        let mut claimed = Vec::new();
        for _ in 0..most {
            // Without a projection: not every server has one here, and an intent is small.
            let expired = intents
                .find_one_and_update(over.clone(), update.clone())
                .sort(doc! {"intent.leaseUntil": 1})
                .return_document(ReturnDocument::After);
            let Some(found) = in_time(expired).await? else {
                break;
            };
            let Some(intent) = found.intent else {
                continue;
            };
            if intent.lease_until <= now {
                return Err(unchanged("the intent"));
            }
            claimed.extend(self.claimed(&found.order_id, intent).await?);
        }
        Ok(claimed)
    }

    /// What is to be done with a leased intent; `None` if it is none any more.
    async fn claimed(
        &self,
        document_id: &str,
        intent: IntentDocument,
    ) -> Result<Option<ClaimedIntent>, RepositoryError> {
        let order_id: OrderId = document_id.parse().map_err(failed)?;
        if intent.abandoned {
            return Ok(Some(ClaimedIntent::GivenUp(order_id)));
        }
        if let Some(awaiting) = intent.unpaid()?.awaiting {
            return Ok(Some(ClaimedIntent::Overdue(Box::new(awaiting))));
        }
        // It may have become an order, or have begun to wait, between the two updates.
        let intent = doc! {
            "_id": document_id, "intent.abandoned": false, "intent.awaiting": {"$exists": false},
        };
        let abandoned = doc! {"$set": {"intent.abandoned": true}};
        let updated = in_time(self.orders.update_one(intent, abandoned)).await?;
        Ok((updated.matched_count == 1).then_some(ClaimedIntent::GivenUp(order_id)))
    }

    /// Keeps a voided intent that waited for its customer, without its recipient, and deletes any other.
    pub(super) async fn settle(&self, order_id: OrderId, kept: Duration) -> Result<(), RepositoryError> {
        let awaited = doc! {"_id": order_id.to_string(), "intent.awaiting": {"$exists": true}};
        let update = doc! {"$set": {
            "intent.voided": true, "intent.leaseUntil": later(DateTime::now(), kept),
        }};
        let updated = in_time(self.orders.update_one(awaited, update)).await?;
        if updated.matched_count == 0 {
            return self.delete_intent(order_id).await;
        }
        self.delete_recipient(order_id).await
    }

    /// Deletes the voided intents that need not be kept any longer.
    pub(super) async fn forget_voided(&self) -> Result<(), RepositoryError> {
        let old = doc! {"intent.leaseUntil": {"$lte": DateTime::now()}, "intent.voided": true};
        in_time(self.orders.delete_many(old)).await?;
        Ok(())
    }

    /// The payment of an order is approved: it is placed if it waits for that.
    pub(crate) async fn approve(&self, order_id: OrderId, now: Moment<Utc>) -> Result<(), RepositoryError> {
        // This terminates: each further iteration means that another change has succeeded, and they only lead on.
        while let Some(unpaid) = self.load_unpaid(order_id).await? {
            let done = match follow_approval(order_id, &unpaid, now) {
                Approval::Place(order) => self.complete(&order).await?,
                Approval::Remember => unpaid.told_paid || self.remember_payment(order_id).await?,
                Approval::TooLate => true,
            };
            if done {
                break;
            }
        }
        Ok(())
    }

    /// Marks an intent as paid; returns false if it has begun to wait, or was given up, meanwhile.
    async fn remember_payment(&self, order_id: OrderId) -> Result<bool, RepositoryError> {
        let asked = doc! {
            "_id": order_id.to_string(), "intent.abandoned": false, "intent.awaiting": {"$exists": false},
        };
        let told = doc! {"$set": {"intent.toldPaid": true}};
        Ok(in_time(self.orders.update_one(asked, told)).await?.matched_count == 1)
    }
}
