//! Tests that a MongoDB database is one platform's: the second one with its URL is told whose it is.

#![expect(clippy::unwrap_used, reason = "helpers of tests may fail the test")]

use fdp_test_mongodb::StandIn;
use mongodb::bson::{Document, doc};
use mongodb::{Client, Collection};
use setup::mongodb::{MongodbError, sign_in};
use setup::owner::COLLECTION;
use setup::owner::{Clash, Owner};
use std::time::Duration;
use tokio::time::Instant;

const PATIENCE: Duration = Duration::from_mins(2);

fn owner(platform: &str, uid: &str) -> Owner {
    Owner {
        platform: platform.to_owned(),
        uid: Some(uid.to_owned()),
    }
}

async fn comes(url: &str, owner: Option<&Owner>) -> Result<(), MongodbError> {
    sign_in(url, owner, Instant::now() + PATIENCE).await
}

async fn marks(url: &str, database: &str) -> Collection<Document> {
    let client = Client::with_uri_str(url).await.unwrap();
    client.database(database).collection(COLLECTION)
}

/// What happens on a server of that kind.
async fn the_first_platform_has_it(server: StandIn, database: &str) {
    let url = format!("{}/{database}", fdp_test_mongodb::url(server).unwrap());
    let (food, fast) = (owner("food/shop", "1"), owner("fast/shop", "2"));
    // A MongoDB of the operator's own is not marked.
    comes(&url, None).await.unwrap();
    let marks = marks(fdp_test_mongodb::url(server).unwrap(), database).await;
    assert_eq!(marks.count_documents(doc! {}).await.unwrap(), 0);

    comes(&url, Some(&food)).await.unwrap();
    let refused = comes(&url, Some(&fast)).await.unwrap_err();
    assert_eq!(
        refused,
        MongodbError::Clash(Clash::Orders {
            database: database.to_owned(),
            other: "food/shop".to_owned(),
        })
    );
    // It may come again, also after it was made anew.
    comes(&url, Some(&owner("food/shop", "3"))).await.unwrap();
    // Another database of the same server is nobody's yet.
    comes(&format!("{url}-of-fast"), Some(&fast)).await.unwrap();
    // The way that the message names.
    marks.delete_one(doc! { "_id": "platform" }).await.unwrap();
    comes(&url, Some(&fast)).await.unwrap();
}

#[tokio::test]
#[ignore = "needs Java and Maven"]
async fn a_database_of_mongo_java_server_is_the_first_platforms() {
    the_first_platform_has_it(StandIn::MongoJavaServer, "first").await;
}

#[tokio::test]
#[ignore = "needs Go"]
async fn a_database_of_ferretdb_is_the_first_platforms() {
    the_first_platform_has_it(StandIn::FerretDb, "first").await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Java and Maven"]
async fn of_two_platforms_that_come_at_the_same_time_one_has_it() {
    let url = fdp_test_mongodb::url(StandIn::MongoJavaServer).unwrap();
    for round in 0..20 {
        let url = format!("{url}/race-{round}");
        let (food, fast) = (owner("food/shop", "1"), owner("fast/shop", "2"));
        let (one, other) = tokio::join!(comes(&url, Some(&food)), comes(&url, Some(&fast)));
        assert!(one.is_ok() != other.is_ok(), "round {round}: {one:?}, {other:?}");
    }
}
