//! Settings of the Stripe client: our account's keys, and URLs.

use fdp_catalogue::variables;
use fdp_runtime::config::{self, ConfigError};
use reqwest::Url;
use std::time::Duration;

/// Stripe's own address.
const STRIPE_URL: &str = "https://api.stripe.com";
/// How long one call may take. Stripe answers within a second or two, and after 80 at the latest.
const CALL_TIMEOUT: Duration = Duration::from_secs(8);

/// Settings of the Stripe client. It has no `Debug`, so that its secrets never reach a log.
#[derive(Clone)]
pub struct StripeSettings {
    /// The account's secret key.
    pub secret_key: String,
    /// The signing secret of the webhook endpoint.
    pub webhook_secret: String,
    /// Base URL of the API.
    pub url: String,
    /// Where customers' browsers reach the platform.
    pub public_url: String,
    /// How long one call may take.
    pub timeout: Duration,
}

/// Why the Stripe client cannot be created.
#[derive(Debug, thiserror::Error)]
pub enum StripeError {
    /// A URL is not valid.
    #[error("{variable} is '{given}', and should look like {example}: {reason}")]
    Url {
        /// The environment variable.
        variable: &'static str,
        /// Its value.
        given: String,
        /// An example of a valid value.
        example: &'static str,
        /// Why the value is not valid.
        reason: String,
    },
    /// The HTTP client rejects its settings.
    #[error("making an HTTP client for Stripe: {0}")]
    Client(#[from] reqwest::Error),
}

impl StripeSettings {
    /// Reads `STRIPE_SECRET_KEY`, `STRIPE_WEBHOOK_SECRET`, `STRIPE_URL` and `PUBLIC_URL`; `None` when there is no secret key.
    ///
    /// # Errors
    /// When there is a key and something else is missing, or a setting cannot be read.
    pub fn from_environment() -> Result<Option<Self>, ConfigError> {
        let Some(secret_key) = config::maybe(variables::STRIPE_SECRET_KEY)? else {
            return Ok(None);
        };
        Ok(Some(Self {
            secret_key,
            webhook_secret: config::required(
                variables::STRIPE_WEBHOOK_SECRET,
                "the signing secret of the endpoint <PUBLIC_URL>/payments/webhooks/stripe, whsec_…",
            )?,
            url: config::optional(variables::STRIPE_URL, STRIPE_URL.to_owned())?,
            public_url: config::required(
                variables::PUBLIC_URL,
                "https://shop.example.com, where customers reach the platform",
            )?,
            timeout: CALL_TIMEOUT,
        }))
    }

    /// The base URL of the API, without a slash at its end.
    ///
    /// # Errors
    /// When it is not a URL.
    pub(super) fn api(&self) -> Result<String, StripeError> {
        base(variables::STRIPE_URL, &self.url, STRIPE_URL)
    }

    /// Where customers reach the platform, without a slash at its end.
    ///
    /// # Errors
    /// When it is not a URL.
    pub(super) fn public(&self) -> Result<String, StripeError> {
        base(
            variables::PUBLIC_URL,
            &self.public_url,
            "https://shop.example.com",
        )
    }
}

fn base(variable: &'static str, given: &str, example: &'static str) -> Result<String, StripeError> {
    let refused = |reason: String| StripeError::Url {
        variable,
        given: given.to_owned(),
        example,
        reason,
    };
    let url = Url::parse(given).map_err(|error| refused(error.to_string()))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(refused("it begins with neither http:// nor https://".to_owned()));
    }
    Ok(given.trim_end_matches('/').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_no_browser_can_open_is_rejected_with_an_example() {
        for given in ["shop", "ftp://shop.example.com", ""] {
            let words = base("PUBLIC_URL", given, "https://shop.example.com")
                .unwrap_err()
                .to_string();
            assert!(
                words.contains("PUBLIC_URL") && words.contains("https://shop.example.com"),
                "{words}"
            );
        }
        assert_eq!(base("PUBLIC_URL", "http://shop/", "").unwrap(), "http://shop");
    }
}
