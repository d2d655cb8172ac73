//! The bearer token for an EKS cluster, renewed before it expires.

use std::{
    sync::{Arc, PoisonError, RwLock},
    time::{Duration, Instant, SystemTime},
};

use aws_config::SdkConfig;
use http::{HeaderValue, Request, header::AUTHORIZATION};
use kube::client::Body;

use crate::aws::eks::token::{TOKEN_LIFETIME, TokenError, token};

/// The age at which a token is renewed. It is valid for five more minutes, because clocks differ and the renewal may
/// need several attempts.
const RENEW_AFTER: Duration = Duration::from_mins(10);
const _: () = assert!(RENEW_AFTER.as_secs() < TOKEN_LIFETIME.as_secs());

/// The current token.
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
    /// Renews the token, unless it is younger than [`RENEW_AFTER`].
    pub(super) async fn renew(
        &self,
        config: &SdkConfig,
        region: &str,
        cluster: &str,
    ) -> Result<(), RenewError> {
        let fresh = self
            .current()
            .is_some_and(|current| current.renewed.elapsed() < RENEW_AFTER);
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

    /// Adds the token to the request.
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
