//! A client's body on its way through: streamed, measured, and good for another try as long as nobody has read it.

use axum::body::Body;
use http_body_util::BodyExt as _;
use hyper::body::{Body as HttpBody, Bytes, Frame, SizeHint};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};

/// What keeps a body from getting through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BodyError {
    /// It is longer than allowed.
    #[error("the body is too large")]
    TooLarge,
    /// The client stopped sending.
    #[error("the client's body broke off")]
    Broken,
}

#[derive(Debug)]
struct State {
    body: Body,
    /// Bytes that may still come.
    left: u64,
    read_from: bool,
    error: Option<BodyError>,
}

/// A body that several attempts share; nothing, for the many requests that have none.
#[derive(Debug, Clone, Default)]
pub(crate) struct SharedBody(Option<Arc<Mutex<State>>>);

impl SharedBody {
    /// Of at most `limit` bytes.
    ///
    /// # Errors
    /// When it says that it is longer.
    pub(crate) fn new(body: Body, limit: u64) -> Result<Self, BodyError> {
        if body.size_hint().lower() > limit {
            return Err(BodyError::TooLarge);
        }
        if body.is_end_stream() {
            return Ok(Self::default());
        }
        Ok(Self(Some(Arc::new(Mutex::new(State {
            body,
            left: limit,
            read_from: false,
            error: None,
        })))))
    }

    fn state(&self) -> Option<MutexGuard<'_, State>> {
        let state = self.0.as_ref()?;
        Some(state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Whether another attempt would send all of it.
    pub(crate) fn is_whole(&self) -> bool {
        self.state()
            .is_none_or(|state| !state.read_from && state.error.is_none())
    }

    /// What went wrong with it.
    pub(crate) fn error(&self) -> Option<BodyError> {
        self.state()?.error
    }
}

impl HttpBody for SharedBody {
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
                if let Some(left) = state.left.checked_sub(length) {
                    state.left = left;
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
    async fn a_body_gets_through_up_to_the_limit_and_not_beyond() {
        let fits = SharedBody::new(chunks(&[4, 6]), 10).unwrap();
        assert_eq!(fits.collect().await.unwrap().to_bytes().len(), 10);
        let body = SharedBody::new(chunks(&[4, 7]), 10).unwrap();
        assert_eq!(body.clone().collect().await.unwrap_err(), BodyError::TooLarge);
        assert_eq!(body.error(), Some(BodyError::TooLarge));
        assert_eq!(
            SharedBody::new(Body::from(vec![0; 11]), 10).unwrap_err(),
            BodyError::TooLarge
        );
    }

    #[tokio::test]
    async fn a_body_is_whole_until_somebody_reads_it() {
        let body = SharedBody::new(chunks(&[4]), 10).unwrap();
        drop(body.clone());
        assert!(body.is_whole(), "an attempt that did not read it changes nothing");
        let mut attempt = body.clone();
        attempt.frame().await.unwrap().unwrap();
        assert!(!body.is_whole());

        let empty = SharedBody::new(Body::empty(), 10).unwrap();
        empty.clone().collect().await.unwrap();
        assert!(empty.is_whole(), "nothing can be sent any number of times");
    }
}
