//! One connection to a server, which is opened when it is needed and kept alive.

use super::answer::Answer;
use super::server::Server;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::Request;
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::header::HOST;
use hyper_util::rt::TokioIo;
use std::io;
use std::rc::Rc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::timeout;

/// Longer answers are none of the platform's.
const LONGEST_ANSWER: usize = 256 * 1024;

pub(crate) type Body = Full<Bytes>;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AskError {
    #[error("its name cannot be looked up: {0}")]
    Name(#[source] io::Error),
    #[error("no connection: {0}")]
    Connect(#[source] io::Error),
    #[error("the connection failed: {0}")]
    Http(#[from] hyper::Error),
    #[error("the answer cannot be read: {0}")]
    Answer(Box<dyn std::error::Error + Send + Sync>),
    #[error("no answer within {} ms", .0.as_millis())]
    TimedOut(Duration),
    #[error("the request cannot be written: {0}")]
    Request(#[from] hyper::http::Error),
}

#[derive(Debug)]
pub(crate) struct Connection {
    server: Rc<Server>,
    sender: Option<SendRequest<Body>>,
}

impl Connection {
    pub(crate) fn to(server: Rc<Server>) -> Self {
        Self { server, sender: None }
    }

    /// Opens the connection, unless it is open.
    ///
    /// # Errors
    /// When it cannot be opened, and why.
    pub(crate) async fn open_if_closed(&mut self) -> Result<(), AskError> {
        if self.sender.as_ref().is_none_or(SendRequest::is_closed) {
            self.sender = Some(self.open().await?);
        }
        Ok(())
    }

    /// Sends a request and waits for the whole answer. Without one, the connection is closed, and the next request opens
    /// another.
    ///
    /// # Errors
    /// When there is no answer within that time, and why.
    pub(crate) async fn ask(&mut self, request: Request<Body>, within: Duration) -> Result<Answer, AskError> {
        match timeout(within, self.exchange(request)).await {
            Ok(answer) => answer,
            Err(_) => Err(AskError::TimedOut(within)),
        }
    }

    async fn exchange(&mut self, mut request: Request<Body>) -> Result<Answer, AskError> {
        request.headers_mut().insert(HOST, self.server.host());
        // What is given up midway must not be used again, so it is put back only after a whole answer.
        if let Some(mut kept) = self.sender.take()
            && kept.ready().await.is_ok()
        {
            match kept.try_send_request(request).await {
                Ok(response) => return self.read(kept, response).await,
                // The server had closed the connection, which was idle: nothing was sent, and nothing has failed.
                Err(mut error) => match error.take_message() {
                    Some(unsent) => request = unsent,
                    None => return Err(error.into_error().into()),
                },
            }
        }
        let mut new = self.open().await?;
        let response = new.send_request(request).await?;
        self.read(new, response).await
    }

    async fn read(
        &mut self,
        sender: SendRequest<Body>,
        response: hyper::Response<hyper::body::Incoming>,
    ) -> Result<Answer, AskError> {
        let (head, body) = response.into_parts();
        let body = Limited::new(body, LONGEST_ANSWER).collect().await;
        let body = body.map_err(AskError::Answer)?.to_bytes();
        self.sender = Some(sender);
        Ok(Answer::new(head.status.as_u16(), &head.headers, body))
    }

    async fn open(&self) -> Result<SendRequest<Body>, AskError> {
        let addresses = self.server.addresses().await.map_err(AskError::Name)?;
        let stream = TcpStream::connect(addresses.as_slice())
            .await
            .map_err(AskError::Connect)?;
        stream.set_nodelay(true).map_err(AskError::Connect)?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await?;
        // If the connection fails, the request on it reports that.
        tokio::spawn(async move { drop(connection.await) });
        Ok(sender)
    }
}
