//! Signs in to MongoDB with what order has. Order makes everything there by itself.

use crate::refusals::{Refusals, SignInRefused};
use crate::retry::until_it_works;
use mongodb::Client;
use mongodb::bson::doc;
use mongodb::error::{Error, ErrorKind};
use mongodb::options::ClientOptions;
use std::time::Duration;
use tokio::time::Instant;

const CONNECT: Duration = Duration::from_secs(5);
/// The database of order, unless the URL names one.
const DATABASE: &str = "order";
/// MongoDB's codes `Unauthorized` and `AuthenticationFailed`.
const REFUSED: [i32; 2] = [13, 18];

/// Waits for MongoDB at `url` until `deadline`, signs in and lists what is in the database, which changes nothing. Where only
/// order may reach it, the setup goes on without.
///
/// # Errors
/// When MongoDB refuses the credentials for a while.
pub async fn sign_in(url: &str, deadline: Instant) -> Result<(), SignInRefused> {
    let refusals = Refusals::default();
    let signed_in = until_it_works("signing in to MongoDB", deadline, || attempt(url, &refusals)).await;
    signed_in.unwrap_or_else(|error| {
        tracing::warn!(%error, "nobody knows whether order can sign in");
        Ok(())
    })
}

async fn attempt(url: &str, refusals: &Refusals) -> Result<Result<(), SignInRefused>, Error> {
    let asked = ask(url).await;
    let answer = asked.as_ref().err().and_then(refusal);
    let for_long = refusals.last(answer.is_some(), Instant::now());
    match answer {
        Some(answer) if for_long => {
            let server = "mongodb";
            Ok(Err(SignInRefused { server, answer }))
        }
        _ => asked.map(Ok),
    }
}

async fn ask(url: &str) -> Result<(), Error> {
    let mut options = ClientOptions::parse(url).await?;
    options.app_name = Some("setup".to_owned());
    options.server_selection_timeout = Some(CONNECT);
    options.connect_timeout = Some(CONNECT);
    let client = Client::with_options(options)?;
    let database = client
        .default_database()
        .unwrap_or_else(|| client.database(DATABASE));
    // A ping is answered to anybody. Whoever may read or write any collection of it may ask for its own.
    let collections = doc! { "listCollections": 1, "nameOnly": true, "authorizedCollections": true };
    let listed = database.run_command(collections).await.map(drop);
    client.shutdown().await;
    listed
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
        let error = ask("mongodb://root:p@ss:word@/order").await.unwrap_err();
        let words = refusal(&error).unwrap();
        assert!(
            words.contains("the URL is none") && !words.contains("p@ss"),
            "{words}"
        );
    }
}
