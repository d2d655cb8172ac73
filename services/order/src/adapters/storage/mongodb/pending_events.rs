//! The pending events of orders: read for the relay, and removed once they are published.

use crate::adapters::storage::mongodb::MongoOrders;
use crate::adapters::storage::mongodb::errors::{failed, in_time};
use crate::application::ports::RepositoryError;
use futures::TryStreamExt as _;
use mongodb::bson::error::Error as BsonError;
use mongodb::bson::{self, DateTime, Document, doc};
use serde::Deserialize;

/// An order that has pending events.
#[derive(Debug, Deserialize)]
pub(super) struct WaitingOrder {
    #[serde(rename = "_id")]
    pub(super) order_id: String,
    pub(super) pending: Vec<PendingEvent>,
}

/// An event that is not published yet.
#[derive(Debug, Deserialize)]
#[serde(try_from = "Document")]
pub(super) struct PendingEvent {
    /// The `CloudEvents` type.
    pub(super) kind: String,
    pub(super) at: DateTime,
    pub(super) payload: String,
    /// The event exactly as it is stored, by which it is removed.
    stored: Document,
}

impl TryFrom<Document> for PendingEvent {
    type Error = BsonError;

    fn try_from(stored: Document) -> Result<Self, Self::Error> {
        Ok(Self {
            kind: stored.get_str("type")?.to_owned(),
            at: *stored.get_datetime("at")?,
            payload: stored.get_str("payload")?.to_owned(),
            stored,
        })
    }
}

/// The database's answer to the removal.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Removal {
    n_modified: i64,
    #[serde(default)]
    write_errors: Vec<Refusal>,
    write_concern_error: Option<Refusal>,
}

#[derive(Debug, Deserialize)]
struct Refusal {
    #[serde(rename = "errmsg")]
    reason: String,
}

/// Published events may not have been removed, so that they will be published again.
#[derive(Debug, thiserror::Error)]
enum RemovalError {
    #[error("the removal of published events is not confirmed: {reason}")]
    NotConfirmed { reason: String },
    #[error("the database refused to remove published events: {reason}")]
    Refused { reason: String },
    #[error(
        "the events of {published} orders were published, and the database removed them from {changed}: another replica \
         has removed them as well, or the database does not do what MongoDB does"
    )]
    Incomplete { published: usize, changed: i64 },
}

impl Removal {
    /// Whether the events of all `published` orders were removed.
    fn check(self, published: usize) -> Result<(), RepositoryError> {
        if let Some(Refusal { reason }) = self.write_errors.into_iter().next() {
            return Err(failed(RemovalError::Refused { reason }));
        }
        let changed = self.n_modified;
        if usize::try_from(changed) != Ok(published) {
            return Err(failed(RemovalError::Incomplete { published, changed }));
        }
        match self.write_concern_error {
            Some(Refusal { reason }) => Err(RepositoryError::Unreachable(Box::new(
                RemovalError::NotConfirmed { reason },
            ))),
            None => Ok(()),
        }
    }
}

impl MongoOrders {
    /// At most `limit` orders with pending events: those that have waited longest.
    pub(super) async fn waiting(&self, limit: i64) -> Result<Vec<WaitingOrder>, RepositoryError> {
        let orders = self.orders.clone_with_type::<WaitingOrder>();
        let waiting = orders
            .find(doc! {"pending.at": {"$exists": true}})
            .sort(doc! {"pending.at": 1})
            .limit(limit)
            .projection(doc! {"pending": 1});
        Ok(in_time(async { waiting.await?.try_collect().await }).await?)
    }

    /// Removes the events of `published` with one command. Those that the orders have got since then stay.
    ///
    /// They are removed as whole elements, because not every server with MongoDB's protocol removes elements by a
    /// condition. Each order has a statement of its own, so that its elements are compared with its own events only;
    /// the driver sends several statements as one command only to the newest servers.
    pub(super) async fn remove_events(&self, published: &[WaitingOrder]) -> Result<(), RepositoryError> {
        let statements: Vec<Document> = published
            .iter()
            .map(|order| {
                let events: Vec<&Document> = order.pending.iter().map(|event| &event.stored).collect();
                doc! {"q": {"_id": &order.order_id}, "u": {"$pullAll": {"pending": events}}}
            })
            .collect();
        let mut command = doc! {"update": self.orders.name(), "updates": statements, "ordered": false};
        if let Some(concern) = self.orders.write_concern() {
            command.insert("writeConcern", bson::serialize_to_bson(concern).map_err(failed)?);
        }
        let database = self.orders.client().database(&self.orders.namespace().db);
        let answer = in_time(database.run_command(command)).await?;
        let removal: Removal = bson::deserialize_from_document(answer).map_err(failed)?;
        removal.check(published.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adapters::storage::mongodb::{MongoSettings, prepare};
    use fdp_test_mongodb::StandIn;
    use std::collections::BTreeSet;
    use uuid::Uuid;

    fn stored() -> Document {
        event("1")
    }

    fn event(id: &str) -> Document {
        doc! {"id": id, "type": "fooddelivery.order.placed.v1", "at": DateTime::from_millis(7), "payload": "{}"}
    }

    #[test]
    fn an_event_is_removed_exactly_as_it_is_stored() {
        let mut other = stored();
        other.insert("of a later version", true);
        for event in [stored(), other] {
            let pending = PendingEvent::try_from(event.clone()).unwrap();
            assert_eq!(pending.at, DateTime::from_millis(7));
            assert_eq!(pending.stored, event);
        }
    }

    #[test]
    fn an_event_that_lacks_something_is_an_error() {
        for key in ["type", "at", "payload"] {
            let mut event = stored();
            event.remove(key);
            PendingEvent::try_from(event).unwrap_err();
        }
    }
    #[test]
    fn a_removal_without_effect_is_an_error() {
        let check = |answer: Document| {
            let removal: Removal = bson::deserialize_from_document(answer).unwrap();
            removal.check(2).map_err(|error| error.to_string())
        };
        let said = |answer: Document, words: &str| {
            let error = check(answer).unwrap_err();
            assert!(error.contains(words), "{error}");
        };
        check(doc! {"ok": 1.0, "n": 2, "nModified": 2}).unwrap();
        said(doc! {"ok": 1.0, "n": 2, "nModified": 1}, "orders were published");
        let refused = doc! {"index": 0, "code": 2, "errmsg": "no array"};
        said(
            doc! {"n": 2, "nModified": 1, "writeErrors": [refused]},
            "no array",
        );
        let late = doc! {"code": 64, "errmsg": "waiting timed out"};
        said(
            doc! {"n": 2, "nModified": 2, "writeConcernError": late},
            "waiting timed out",
        );
    }

    /// Orders in an empty database.
    async fn orders(server: StandIn) -> MongoOrders {
        let settings = MongoSettings {
            url: format!(
                "{}/test_{}",
                fdp_test_mongodb::url(server).unwrap(),
                Uuid::now_v7().simple()
            ),
            application: "test".to_owned(),
        };
        let database = settings.connect().await.unwrap();
        prepare(&database).await.unwrap();
        MongoOrders::new(&database)
    }

    async fn published_events_leave_and_later_ones_stay(server: StandIn) {
        let orders = orders(server).await;
        for (id, events) in [
            ("a", vec![stored(), event("2")]),
            ("b", vec![event("3")]),
            ("c", vec![]),
        ] {
            orders
                .orders
                .insert_one(doc! {"_id": id, "pending": events})
                .await
                .unwrap();
        }
        let waiting = orders.waiting(10).await.unwrap();
        let ids: BTreeSet<&str> = waiting.iter().map(|order| order.order_id.as_str()).collect();
        assert_eq!(ids, ["a", "b"].into());
        let later = doc! {"$push": {"pending": {"$each": [event("4")]}}};
        orders.orders.update_one(doc! {"_id": "a"}, later).await.unwrap();

        orders.remove_events(&waiting).await.unwrap();
        let left = orders.waiting(10).await.unwrap();
        let left: Vec<&Document> = left
            .iter()
            .flat_map(|order| &order.pending)
            .map(|event| &event.stored)
            .collect();
        assert_eq!(left, [&event("4")]);

        let error = orders.remove_events(&waiting).await.unwrap_err().to_string();
        assert!(
            error.contains("the events of 2 orders were published, and the database removed them from 0"),
            "{error}"
        );
    }

    #[tokio::test]
    #[ignore = "starts a server"]
    async fn published_events_leave_and_later_ones_stay_in_mongodb() {
        published_events_leave_and_later_ones_stay(StandIn::MongoJavaServer).await;
    }

    #[tokio::test]
    #[ignore = "starts a server"]
    async fn published_events_leave_and_later_ones_stay_in_ferretdb() {
        published_events_leave_and_later_ones_stay(StandIn::FerretDb).await;
    }
}
