//! The tokens of our Kakao app in PostgreSQL, so that replicas share them and none is lost.

use chrono::{DateTime, Utc};
use sqlx::postgres::PgConnection;
use sqlx::{PgPool, Postgres, Row, Transaction};

/// The tokens that Kakao has granted.
pub(in crate::adapters) struct Tokens {
    /// The refresh token, which is exchanged for a new access token.
    pub(in crate::adapters) refresh: String,
    /// The newest access token, and when it expires.
    pub(in crate::adapters) access: Option<(String, DateTime<Utc>)>,
}

/// The tokens of an app, locked until the transaction ends, so that one replica at a time requests new ones. If the
/// `configured` refresh token is not the one that they were granted for, it replaces them.
pub(in crate::adapters) async fn lock(
    pool: &PgPool,
    rest_api_key: &str,
    configured: &str,
) -> Result<(Transaction<'static, Postgres>, Tokens), sqlx::Error> {
    let mut transaction = fdp_kit::database::begin(pool).await?;
    let row = sqlx::query(
        "INSERT INTO kakao_tokens AS t (rest_api_key, configured, refresh_token) VALUES ($1, $2, $2) \
         ON CONFLICT (rest_api_key) DO UPDATE SET configured = $2, \
         refresh_token = CASE WHEN t.configured = $2 THEN t.refresh_token ELSE $2 END, \
         access_token = CASE WHEN t.configured = $2 THEN t.access_token END, \
         expires_at = CASE WHEN t.configured = $2 THEN t.expires_at END \
         RETURNING refresh_token, access_token, expires_at",
    )
    .bind(rest_api_key)
    .bind(configured)
    .fetch_one(&mut *transaction)
    .await?;
    let access: Option<String> = row.try_get("access_token")?;
    let expires_at: Option<DateTime<Utc>> = row.try_get("expires_at")?;
    let tokens = Tokens {
        refresh: row.try_get("refresh_token")?,
        access: access.zip(expires_at),
    };
    Ok((transaction, tokens))
}

/// Saves the tokens that Kakao has granted.
pub(in crate::adapters) async fn save(
    connection: &mut PgConnection,
    rest_api_key: &str,
    tokens: &Tokens,
) -> Result<(), sqlx::Error> {
    let (access, expires_at) = tokens.access.clone().unzip();
    sqlx::query(
        "UPDATE kakao_tokens SET refresh_token = $2, access_token = $3, expires_at = $4 WHERE rest_api_key = $1",
    )
    .bind(rest_api_key)
    .bind(&tokens.refresh)
    .bind(access)
    .bind(expires_at)
    .execute(connection)
    .await
    .map(|_| ())
}
