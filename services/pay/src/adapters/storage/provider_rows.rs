//! How a payment at a provider is stored in the columns of its row.

use crate::domain::provider_payment::{Books, Page, ProviderPayment, Reference, Standing, Wanted};
use fdp_storage::rows::{decoded, unsigned};
use sqlx::Row as _;
use sqlx::postgres::PgRow;
use uuid::Uuid;

/// The columns of a payment at a provider, of the table `p`.
macro_rules! columns {
    () => {
        "p.order_id, p.payment_id, p.customer_id, p.amount, p.return_path, p.expires_at, p.wanted, p.keep, \
         p.standing, p.in_doubt, p.session, p.reference, p.page_url, p.page_expires_at, p.capture_before, \
         p.captured, p.refunded, p.refunding, p.failed_refunds, p.refusals, p.unanswered, p.last_error"
    };
}
pub(super) use columns;

/// A column has a value that this version does not know.
#[derive(Debug, thiserror::Error)]
#[error("the column {column} of a payment at a provider has the unknown value '{value}'")]
struct UnknownValue {
    column: &'static str,
    value: String,
}

/// The payment in a row.
pub(super) fn provider_payment(row: &PgRow) -> Result<ProviderPayment, sqlx::Error> {
    let page: Option<String> = row.try_get("page_url")?;
    let page_expires_at = row.try_get("page_expires_at")?;
    Ok(ProviderPayment {
        payment_id: row.try_get::<Uuid, _>("payment_id")?.into(),
        order_id: row.try_get::<Uuid, _>("order_id")?.into(),
        customer_id: row.try_get("customer_id")?,
        amount: unsigned(row, "amount")?,
        return_path: row.try_get("return_path")?,
        expires_at: row.try_get("expires_at")?,
        wanted: wanted(row)?,
        standing: standing(row)?,
        in_doubt: row.try_get("in_doubt")?,
        reference: Reference {
            session: row.try_get("session")?,
            payment: row.try_get("reference")?,
        },
        page: page
            .zip(page_expires_at)
            .map(|(url, expires_at)| Page { url, expires_at }),
        refusals: unsigned(row, "refusals")?,
        unanswered: unsigned(row, "unanswered")?,
        last_error: row.try_get("last_error")?,
    })
}

fn wanted(row: &PgRow) -> Result<Wanted, sqlx::Error> {
    match row.try_get("wanted")? {
        "Authorized" => Ok(Wanted::Authorized),
        "Captured" => Ok(Wanted::Captured {
            keep: unsigned(row, "keep")?,
        }),
        "Nothing" => Ok(Wanted::Nothing),
        other => unknown("wanted", other),
    }
}

fn standing(row: &PgRow) -> Result<Standing, sqlx::Error> {
    Ok(match row.try_get("standing")? {
        "Asked" => Standing::Asked,
        "AwaitingCustomer" => Standing::AwaitingCustomer,
        "Authorized" => Standing::Authorized {
            capture_before: row.try_get("capture_before")?,
        },
        "Captured" => Standing::Captured(Books {
            captured: unsigned(row, "captured")?,
            refunded: unsigned(row, "refunded")?,
            refunding: unsigned(row, "refunding")?,
            failed_refunds: unsigned(row, "failed_refunds")?,
        }),
        "Refused" => Standing::Refused,
        "Expired" => Standing::Expired,
        "Cancelled" => Standing::Cancelled,
        other => return unknown("standing", other),
    })
}

fn unknown<T>(column: &'static str, value: &str) -> Result<T, sqlx::Error> {
    let value = value.to_owned();
    decoded(Err(UnknownValue { column, value }))
}

/// The columns of a standing, as they are written.
pub(super) struct StandingColumns {
    pub(super) capture_before: Option<chrono::DateTime<chrono::Utc>>,
    pub(super) books: Books,
}

impl From<Standing> for StandingColumns {
    fn from(standing: Standing) -> Self {
        let nothing = Books {
            captured: 0,
            refunded: 0,
            refunding: 0,
            failed_refunds: 0,
        };
        Self {
            capture_before: match standing {
                Standing::Authorized { capture_before } => capture_before,
                _ => None,
            },
            books: match standing {
                Standing::Captured(books) => books,
                _ => nothing,
            },
        }
    }
}
