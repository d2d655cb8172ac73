//! Plugs the payment provider together, as the environment says; and the command `pay reconcile`.

use crate::adapters::http::Webhooks;
use crate::adapters::storage::{PgPayments, PgProviderPayments};
use crate::adapters::stripe::{Stripe, StripeError, StripeSettings};
use crate::application::ports::{PaymentProvider, ProviderPaymentRepository};
use crate::application::provider_payments::{Paying, Reconciliation, ReconciliationError, Settlement};
use fdp_catalogue::{Service, topic, variables};
use fdp_runtime::config::{self, ConfigError};
use fdp_runtime::{Clock, SystemClock};
use fdp_storage::Outbox;
use fdp_storage::database::{self, DatabaseUrlError};
use sqlx::PgPool;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

/// How long a replica may work on a payment before another one does: longer than the calls of one round take.
const LEASE: Duration = Duration::from_mins(1);
/// How many days `pay reconcile` looks back unless it is told.
const DAYS: i64 = 8;
const USAGE: &str = "usage: pay reconcile [--days <n>]";

/// Who takes the customers' money.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Taker {
    #[default]
    Ledger,
    Stripe,
}

impl FromStr for Taker {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "Ledger" => Ok(Self::Ledger),
            "Stripe" => Ok(Self::Stripe),
            _ => Err("it is Ledger (no real money moves) or Stripe"),
        }
    }
}

/// Why the provider could not be set up, or its books could not be compared.
#[derive(Debug, thiserror::Error)]
pub enum ProviderSetupError {
    /// A setting is missing or wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The client of Stripe has wrong settings.
    #[error(transparent)]
    Stripe(#[from] StripeError),
    /// `DATABASE_URL` is invalid.
    #[error(transparent)]
    DatabaseUrl(#[from] DatabaseUrlError),
    /// The command line is invalid.
    #[error("{0}\n{USAGE}")]
    Usage(String),
    /// There is no provider whose books could be compared.
    #[error(
        "there is nothing to compare: payments don't go through a provider here (STRIPE_SECRET_KEY is not set)"
    )]
    NoProvider,
    /// One of the books cannot be read.
    #[error(transparent)]
    Reconciliation(#[from] ReconciliationError),
}

/// What works with the provider, if there is one.
pub struct Provider {
    /// Whether new payments go to it; otherwise only those of before are settled.
    pub takes_payments: bool,
    /// Pays for orders.
    pub paying: Paying,
    /// Settles what is under way.
    pub settlement: Settlement,
    /// Compares the books.
    pub reconciliation: Reconciliation,
    /// Takes the provider's messages.
    pub webhooks: Webhooks,
}

impl Provider {
    /// The provider that `PAYMENT_PROVIDER` names, or that had payments before and whose keys are still there; its payments
    /// are in the database of `pool`. `limit` is the highest amount of one payment, in won.
    ///
    /// # Errors
    /// When a setting is missing or wrong.
    pub fn from_environment(
        pool: &PgPool,
        outbox: &Outbox,
        limit: u64,
    ) -> Result<Option<Self>, ProviderSetupError> {
        let taker = config::optional(variables::PAYMENT_PROVIDER, Taker::default())?;
        let Some(settings) = StripeSettings::from_environment()? else {
            if taker == Taker::Stripe {
                config::required(
                    variables::STRIPE_SECRET_KEY,
                    "the secret key of the account at Stripe, sk_…",
                )?;
            }
            return Ok(None);
        };
        let provider = Self::new(&settings, pool, outbox, limit, LEASE)?;
        Ok(Some(Self {
            takes_payments: taker == Taker::Stripe,
            ..provider
        }))
    }

    /// Stripe, as `settings` say; a claim of a payment ends after `lease`.
    ///
    /// # Errors
    /// When a URL is not valid.
    pub fn new(
        settings: &StripeSettings,
        pool: &PgPool,
        outbox: &Outbox,
        limit: u64,
        lease: Duration,
    ) -> Result<Self, StripeError> {
        let provider: Arc<dyn PaymentProvider> = Arc::new(Stripe::new(settings)?);
        let stored = PgProviderPayments::new(pool.clone(), outbox.clone(), Stripe::NAME);
        let repository: Arc<dyn ProviderPaymentRepository> = Arc::new(stored);
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let ledger = Arc::new(PgPayments::new(pool.clone(), outbox.clone()));
        let settlement = Settlement::new(repository.clone(), provider.clone(), clock.clone(), lease);
        let paying = Paying::new(
            ledger,
            repository.clone(),
            provider.clone(),
            settlement.clone(),
            clock.clone(),
            limit,
        );
        Ok(Self {
            takes_payments: true,
            paying,
            reconciliation: Reconciliation::new(repository.clone(), provider.clone(), clock.clone()),
            webhooks: Webhooks::new(provider, repository, settlement.clone(), clock),
            settlement,
        })
    }
}

/// If the program's arguments are `reconcile`, compares the books of payments, prints a line for each difference, and exits
/// the process: with 1 if there are any. Otherwise does nothing. To be called before the service starts anything.
///
/// # Errors
/// When the books cannot be compared.
pub async fn reconcile_if_asked() -> Result<(), ProviderSetupError> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some(days) = days(&arguments).map_err(ProviderSetupError::Usage)? else {
        return Ok(());
    };
    let url = config::required(
        variables::DATABASE_URL,
        "postgres://user:password@host:5432/database",
    )?;
    let pool = database::lazy_pool(&url, "pay-reconcile", 1)?;
    let outbox = Outbox::new(Service::Pay.name(), topic::PAY);
    let provider = Provider::from_environment(&pool, &outbox, 0)?.ok_or(ProviderSetupError::NoProvider)?;
    let differences = provider.reconciliation.differences(days).await?;
    for difference in &differences {
        println!("{difference}");
    }
    std::process::exit(i32::from(!differences.is_empty()))
}

/// For how many days the books are compared, if that was asked for.
fn days(arguments: &[String]) -> Result<Option<i64>, String> {
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words[..] {
        ["reconcile"] => Ok(Some(DAYS)),
        ["reconcile", "--days", days] => match days.parse() {
            Ok(days @ 1..=365) => Ok(Some(days)),
            _ => Err(format!("--days {days} is no number of days from 1 to 365")),
        },
        ["reconcile", ..] => Err("reconcile takes --days and a number".to_owned()),
        _ => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(words: &[&str]) -> Result<Option<i64>, String> {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        days(&words)
    }

    #[test]
    fn the_books_are_compared_only_if_that_is_asked_for() {
        assert_eq!(asked(&[]), Ok(None));
        assert_eq!(asked(&["reconcile"]), Ok(Some(DAYS)));
        assert_eq!(asked(&["reconcile", "--days", "30"]), Ok(Some(30)));
        for wrong in [
            &["reconcile", "30"][..],
            &["reconcile", "--days", "0"],
            &["reconcile", "--days", "x"],
        ] {
            assert!(asked(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn an_unknown_taker_is_refused_with_those_there_are() {
        assert_eq!("Stripe".parse(), Ok(Taker::Stripe));
        assert!("stripe".parse::<Taker>().unwrap_err().contains("Ledger"));
    }
}
