//! Layer: the limit of a request body, which is streamed and can be sent again as long as nothing was read from it.

use axum::body::Body;
use fdp_runtime::lock;
use http_body_util::BodyExt as _;
use hyper::body::{Body as HttpBody, Bytes, Frame, SizeHint};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll, ready};

/// Why a body cannot be forwarded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BodyError {
    /// It exceeds the limit.
    #[error("the body is too large")]
    TooLarge,
    /// The client stopped sending.
    #[error("the client's body broke off")]
    Broken,
}

#[derive(Debug)]
struct State {
    body: Body,
    /// How many more bytes are allowed.
    remaining: u64,
    read_from: bool,
    error: Option<BodyError>,
}

/// A body that several attempts share; `None` for a request without a body.
#[derive(Debug, Clone, Default)]
pub(crate) struct LimitedBody(Option<Arc<Mutex<State>>>);

impl LimitedBody {
    /// Limits `body` to `limit` bytes.
    ///
    /// # Errors
    /// When its declared length exceeds the limit.
    pub(crate) fn new(body: Body, limit: u64) -> Result<Self, BodyError> {
        if body.size_hint().lower() > limit {
            return Err(BodyError::TooLarge);
        }
        if body.is_end_stream() {
            return Ok(Self::default());
        }
        Ok(Self(Some(Arc::new(Mutex::new(State {
            body,
            remaining: limit,
            read_from: false,
            error: None,
        })))))
    }

    fn state(&self) -> Option<MutexGuard<'_, State>> {
        let state = self.0.as_ref()?;
        Some(lock(state))
    }

    /// Whether another attempt would send the whole body.
    pub(crate) fn is_unread(&self) -> bool {
        self.state()
            .is_none_or(|state| !state.read_from && state.error.is_none())
    }

    /// Why it cannot be forwarded, if so.
    pub(crate) fn error(&self) -> Option<BodyError> {
        self.state()?.error
    }
}

impl HttpBody for LimitedBody {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let Some(mut state) = self.state() else {
            return Poll::Ready(None);
        };
        if state.body.is_end_stream() {
            return Poll::Ready(None);
        }
        state.read_from = true;
        let frame = ready!(Pin::new(&mut state.body.frame()).poll(context));
        let failed = match frame {
            None => return Poll::Ready(None),
            Some(Err(_)) => BodyError::Broken,
            Some(Ok(frame)) => {
                let length = frame.data_ref().map_or(0, |data| data.len() as u64);
                if let Some(remaining) = state.remaining.checked_sub(length) {
                    state.remaining = remaining;
                    return Poll::Ready(Some(Ok(frame)));
                }
                BodyError::TooLarge
            }
        };
        state.error = Some(failed);
        Poll::Ready(Some(Err(failed)))
    }

    fn is_end_stream(&self) -> bool {
        self.state().is_none_or(|state| state.body.is_end_stream())
    }

    fn size_hint(&self) -> SizeHint {
        self.state()
            .map_or_else(|| SizeHint::with_exact(0), |state| state.body.size_hint())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::stream;

    fn chunks(sizes: &[usize]) -> Body {
        let chunks: Vec<Result<Vec<u8>, std::io::Error>> =
            sizes.iter().map(|size| Ok(vec![0; *size])).collect();
        Body::from_stream(stream::iter(chunks))
    }

    #[tokio::test]
    async fn a_body_is_forwarded_up_to_the_limit() {
        let fits = LimitedBody::new(chunks(&[4, 6]), 10).unwrap();
        assert_eq!(fits.collect().await.unwrap().to_bytes().len(), 10);
        let body = LimitedBody::new(chunks(&[4, 7]), 10).unwrap();
        assert_eq!(body.clone().collect().await.unwrap_err(), BodyError::TooLarge);
        assert_eq!(body.error(), Some(BodyError::TooLarge));
        assert_eq!(
            LimitedBody::new(Body::from(vec![0; 11]), 10).unwrap_err(),
            BodyError::TooLarge
        );
    }

    #[tokio::test]
    async fn a_body_can_be_sent_again_until_it_is_read() {
        let body = LimitedBody::new(chunks(&[4]), 10).unwrap();
        drop(body.clone());
        assert!(body.is_unread(), "an attempt that did not read it does not count");
        let mut attempt = body.clone();
        attempt.frame().await.unwrap().unwrap();
        assert!(!body.is_unread());

        let empty = LimitedBody::new(Body::empty(), 10).unwrap();
        empty.clone().collect().await.unwrap();
        assert!(empty.is_unread(), "an empty body can always be sent again");
    }
}
