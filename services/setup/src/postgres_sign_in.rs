//! Whether PostgreSQL refuses somebody's credentials.

use crate::database::{CONNECT, Database, DatabasesError};
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{ConnectOptions, Connection};

/// Signs in.
pub(crate) async fn connect(options: &PgConnectOptions) -> Result<PgConnection, sqlx::Error> {
    // The address of a server that was just removed may not answer for a minute; by then there is a new server.
    tokio::time::timeout(CONNECT, options.connect())
        .await
        .unwrap_or_else(|_| Err(sqlx::Error::Io(std::io::ErrorKind::TimedOut.into())))
}

/// The words with which PostgreSQL refused the credentials, if that is why nobody could sign in: a wrong password, or no
/// right to sign in.
pub(crate) fn refusal(error: &sqlx::Error) -> Option<String> {
    let sqlx::Error::Database(error) = error else {
        return None;
    };
    matches!(error.code().as_deref(), Some("28P01" | "28000")).then(|| error.message().to_owned())
}

/// Signs in with the role of a database, as the service that has it, and does nothing there. Returns the words of a refusal.
pub(crate) async fn refused_role(
    options: &PgConnectOptions,
    database: &Database,
) -> Result<Option<String>, DatabasesError> {
    let options = options
        .clone()
        .username(&database.name)
        .password(&database.password)
        .database(&database.name);
    match connect(&options).await {
        Ok(connection) => {
            // Nothing was done with it.
            let _ = connection.close().await;
            Ok(None)
        }
        Err(error) => match (refusal(&error), &error) {
            (Some(answer), _) => Ok(Some(answer)),
            // The password was right, and the database is not there yet, or closed to the role.
            (None, sqlx::Error::Database(of)) if matches!(of.code().as_deref(), Some("3D000" | "42501")) => {
                Ok(None)
            }
            _ => Err(DatabasesError::Connect(error)),
        },
    }
}
