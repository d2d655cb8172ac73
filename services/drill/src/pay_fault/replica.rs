//! One replica of pay, which is told what to do wrong over HTTP.

use super::body::{Count, Drill};
use crate::client::{Answer, AskError, Body, Connection, Server};
use http_body_util::Full;
use hyper::header::CONTENT_TYPE;
use hyper::{Method, Request};
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

/// A replica that is slower does not answer at all: it only notes what it is told.
const PATIENCE: Duration = Duration::from_secs(2);
const PATH: &str = "/drills";

/// One replica.
#[derive(Debug, Clone, Copy)]
pub(super) struct Replica<'a> {
    pub(super) address: SocketAddr,
    /// The name and port that all replicas share.
    pub(super) name: &'a str,
}

/// Why a replica was not told.
#[derive(Debug, thiserror::Error)]
pub(super) enum ReplicaError {
    #[error("{0}: {1}")]
    Ask(SocketAddr, #[source] AskError),
    #[error("{0} answers {1}")]
    Refused(SocketAddr, String),
}

/// Tells the replica to do wrong.
///
/// # Errors
/// When it cannot be reached, or refuses.
pub(super) async fn tell(replica: Replica<'_>, drill: &Drill) -> Result<(), ReplicaError> {
    let body = serde_json::to_vec(drill).unwrap_or_default();
    ask(replica, Method::PUT, Full::from(body)).await.map(drop)
}

/// How many payments it made slow or let fail.
///
/// # Errors
/// When it cannot be reached, or says something else.
pub(super) async fn payments(replica: Replica<'_>) -> Result<u64, ReplicaError> {
    let answer = ask(replica, Method::GET, Body::default()).await?;
    let count: Option<Count> = answer.json();
    let unreadable = || ReplicaError::Refused(replica.address, "what is no drill".to_owned());
    Ok(count.ok_or_else(unreadable)?.payments)
}

/// Tells the replica to do right again.
///
/// # Errors
/// When it cannot be reached, or refuses.
pub(super) async fn end(replica: Replica<'_>) -> Result<(), ReplicaError> {
    ask(replica, Method::DELETE, Body::default()).await.map(drop)
}

async fn ask(replica: Replica<'_>, method: Method, body: Body) -> Result<Answer, ReplicaError> {
    let Replica { address, name } = replica;
    let failed = |error| ReplicaError::Ask(address, error);
    let request = Request::builder()
        .method(method)
        .uri(PATH)
        .header(CONTENT_TYPE, "application/json")
        .body(body)
        .map_err(|error| failed(error.into()))?;
    let mut connection = Connection::to(Rc::new(Server::one_of(name, address)));
    let answer = connection.ask(request, PATIENCE).await.map_err(failed)?;
    if answer.is_success() {
        Ok(answer)
    } else {
        Err(ReplicaError::Refused(address, answer.problem()))
    }
}
