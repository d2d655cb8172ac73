//! The token that requests to a cluster at EKS carry, renewed before it runs out.

use std::{
    sync::{Arc, PoisonError, RwLock},
    time::{Duration, Instant, SystemTime},
};

use aws_config::SdkConfig;
use http::{HeaderValue, Request, header::AUTHORIZATION};
use kube::client::Body;

use crate::aws::eks::token::{GOOD_FOR, TokenError, token};

/// How old a token gets before it is renewed. It is good for five minutes more, since clocks differ, and AWS may need several
/// attempts.
const AGE: Duration = Duration::from_mins(10);
const _: () = assert!(AGE.as_secs() < GOOD_FOR.as_secs());

/// The token at hand.
#[derive(Clone, Default)]
pub(super) struct Tokens(Arc<RwLock<Option<Current>>>);

#[derive(Clone)]
struct Current {
    header: HeaderValue,
    renewed: Instant,
}

/// Why there is no token.
#[derive(Debug, thiserror::Error)]
pub(super) enum RenewError {
    #[error(transparent)]
    Token(#[from] TokenError),
    #[error("send a token for EKS cluster {cluster}")]
    Header {
        cluster: String,
        #[source]
        source: http::header::InvalidHeaderValue,
    },
}

impl Tokens {
    /// Sees to it that the token is good for some minutes more.
    pub(super) async fn renew(
        &self,
        config: &SdkConfig,
        region: &str,
        cluster: &str,
    ) -> Result<(), RenewError> {
        let fresh = self
            .current()
            .is_some_and(|current| current.renewed.elapsed() < AGE);
        if fresh {
            return Ok(());
        }
        let renewed = Instant::now();
        let token = token(config, region, cluster, SystemTime::now()).await?;
        let mut header =
            HeaderValue::try_from(format!("Bearer {token}")).map_err(|source| RenewError::Header {
                cluster: cluster.to_owned(),
                source,
            })?;
        header.set_sensitive(true);
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Some(Current { header, renewed });
        Ok(())
    }

    /// The request with the token.
    pub(super) fn authorize(&self, mut request: Request<Body>) -> Request<Body> {
        if let Some(current) = self.current() {
            request.headers_mut().insert(AUTHORIZATION, current.header);
        }
        request
    }

    fn current(&self) -> Option<Current> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
