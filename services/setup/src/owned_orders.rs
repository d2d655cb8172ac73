//! Whether the database in which order would keep orders in MongoDB is its platform's own: a document there says whose it is.
//!
//! Two platforms with one database would have one relay, which publishes the orders of both to the Kafka of one.

use crate::owner::{COLLECTION, Clash, Owner};
use mongodb::Database;
use mongodb::bson::{Document, doc};
use mongodb::error::{Error, ErrorKind, WriteFailure};

const ID: &str = "platform";
const MARK: &str = "mark";
const DUPLICATE_KEY: i32 = 11000;

/// Claims the database for `owner` if it is nobody's yet. Of two platforms that come at the same time, the server takes the
/// document of one.
pub(crate) async fn claim(database: &Database, owner: &Owner) -> Result<Result<(), Clash>, Error> {
    let documents = database.collection::<Document>(COLLECTION);
    let ours = doc! { "_id": ID, MARK: owner.to_string() };
    match documents.insert_one(ours).await {
        Ok(_) => return Ok(Ok(())),
        Err(error) if is_duplicate(&error) => {}
        Err(error) => return Err(error),
    }
    let found = documents.find_one(doc! { "_id": ID }).await?;
    let known = found.ok_or_else(|| Error::custom("the mark of the database has just gone"))?;
    let mark = known.get_str(MARK).unwrap_or_default();
    let other = Owner::find(mark).map_or_else(|| mark.to_owned(), |known| known.platform);
    if other == owner.platform {
        return Ok(Ok(()));
    }
    Ok(Err(Clash::Orders {
        database: database.name().to_owned(),
        other,
    }))
}

fn is_duplicate(error: &Error) -> bool {
    matches!(
        error.kind.as_ref(),
        ErrorKind::Write(WriteFailure::WriteError(refused)) if refused.code == DUPLICATE_KEY
    )
}
