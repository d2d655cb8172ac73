//! Tests that databases of earlier versions get the indexes of this one.

use crate::data_store::Mongodb;
use ::mongodb::IndexModel;
use ::mongodb::bson::{Document, doc};
use fdp_test_mongodb::StandIn;
use order::adapters::storage::mongodb::prepare;

// Not on FerretDB, which earlier versions could not prepare, and which breaks the connection when an index is dropped.
#[tokio::test]
#[ignore = "starts a server"]
async fn an_index_of_an_earlier_version_is_replaced() {
    let store = Mongodb::make(StandIn::MongoJavaServer).await.unwrap();
    let orders = store.database.collection::<Document>("orders");
    let earlier = IndexModel::builder().keys(doc! {"pending.at": 1}).build();
    orders.create_index(earlier).await.unwrap();
    for _ in 0..2 {
        prepare(&store.database).await.unwrap();
        let names = orders.list_index_names().await.unwrap();
        let mut of_events: Vec<_> = names.iter().filter(|name| name.starts_with("pending")).collect();
        of_events.sort();
        assert_eq!(of_events, ["pending.at_-1"]);
    }
}
