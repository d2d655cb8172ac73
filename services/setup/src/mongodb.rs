//! Signs in to MongoDB with what order has, and claims its database where others may use the server. Order makes everything else
//! there by itself.

use crate::owned_orders;
use crate::owner::{Clash, Owner};
use crate::refusals::{Refusals, SignInRefused};
use crate::retry::until_it_works;
use mongodb::bson::doc;
use mongodb::error::{Error, ErrorKind};
use mongodb::options::ClientOptions;
use mongodb::{Client, Database};
use std::time::Duration;
use tokio::time::Instant;

const CONNECT: Duration = Duration::from_secs(5);
/// The database of order, unless the URL names one.
const DATABASE: &str = "order";
/// MongoDB's code for what a user has no right to.
const UNAUTHORIZED: i32 = 13;
/// The same, and `AuthenticationFailed`.
const REFUSED: [i32; 2] = [UNAUTHORIZED, 18];

/// Why order cannot use MongoDB before somebody mends something.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MongodbError {
    /// It refuses the credentials.
    #[error(transparent)]
    SignIn(#[from] SignInRefused),
    /// Its database is another platform's.
    #[error(transparent)]
    Clash(#[from] Clash),
}

/// Waits for MongoDB at `url` until `deadline`, signs in and lists what is in the database, which changes nothing; then claims the
/// database for `owner`, if one is given. Where only order may reach it, the setup goes on without.
///
/// # Errors
/// When MongoDB refuses the credentials for a while, or the database is another platform's.
pub async fn sign_in(url: &str, owner: Option<&Owner>, deadline: Instant) -> Result<(), MongodbError> {
    let refusals = Refusals::default();
    let attempt = || attempt(url, owner, &refusals);
    let signed_in = until_it_works("signing in to MongoDB", deadline, attempt).await;
    signed_in.unwrap_or_else(|error| {
        tracing::warn!(%error, "nobody knows whether order can sign in");
        Ok(())
    })
}

async fn attempt(
    url: &str,
    owner: Option<&Owner>,
    refusals: &Refusals,
) -> Result<Result<(), MongodbError>, Error> {
    let asked = ask(url, owner).await;
    let answer = asked.as_ref().err().and_then(refusal);
    let for_long = refusals.last(answer.is_some(), Instant::now());
    match answer {
        Some(answer) if for_long => {
            let server = "mongodb";
            Ok(Err(SignInRefused { server, answer }.into()))
        }
        _ => asked.map(|claimed| claimed.map_err(MongodbError::from)),
    }
}

async fn ask(url: &str, owner: Option<&Owner>) -> Result<Result<(), Clash>, Error> {
    let mut options = ClientOptions::parse(url).await?;
    options.app_name = Some("setup".to_owned());
    options.server_selection_timeout = Some(CONNECT);
    options.connect_timeout = Some(CONNECT);
    let client = Client::with_options(options)?;
    let database = client
        .default_database()
        .unwrap_or_else(|| client.database(DATABASE));
    let answer = use_database(&database, owner).await;
    client.shutdown().await;
    answer
}

async fn use_database(database: &Database, owner: Option<&Owner>) -> Result<Result<(), Clash>, Error> {
    // A ping is answered to anybody. Whoever may read or write any collection of it may ask for its own.
    let collections = doc! { "listCollections": 1, "nameOnly": true, "authorizedCollections": true };
    database.run_command(collections).await?;
    let Some(owner) = owner else {
        return Ok(Ok(()));
    };
    match owned_orders::claim(database, owner).await {
        // Order needs no right to this collection.
        Err(error) if lacks_right(&error) => {
            tracing::warn!(%error, "nobody knows whether the database is another platform's");
            Ok(Ok(()))
        }
        claimed => claimed,
    }
}

fn lacks_right(error: &Error) -> bool {
    matches!(error.kind.as_ref(), ErrorKind::Command(command) if command.code == UNAUTHORIZED)
}

/// The words of a refusal.
fn refusal(error: &Error) -> Option<String> {
    match error.kind.as_ref() {
        ErrorKind::Authentication { message, .. } => Some(message.clone()),
        ErrorKind::Command(command) if REFUSED.contains(&command.code) => Some(command.message.clone()),
        // The driver's words may contain a part of the URL.
        ErrorKind::InvalidArgument { .. } => {
            Some("the URL is none, such as mongodb://user:password@host:27017/order".to_owned())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_url_that_is_none_is_told_without_its_words() {
        let error = ask("mongodb://root:p@ss:word@/order", None).await.unwrap_err();
        let words = refusal(&error).unwrap();
        assert!(
            words.contains("the URL is none") && !words.contains("p@ss"),
            "{words}"
        );
    }
}
