//! A database to create, statements about it, and why they fail.

use crate::owner::Clash;
use crate::refusals::SignInRefused;
use crate::retry::OutOfTime;
use sqlx::AssertSqlSafe;
use sqlx::postgres::PgConnection;
use std::path::PathBuf;
use std::time::Duration;

/// How long one attempt to connect may take.
pub(crate) const CONNECT: Duration = Duration::from_secs(5);

/// Why the databases could not be created.
#[derive(Debug, thiserror::Error)]
pub enum DatabasesError {
    /// The directory with the passwords cannot be read.
    #[error("reading the database passwords in {path}: {source}")]
    Passwords {
        /// The file or directory.
        path: PathBuf,
        /// The error of the operating system.
        source: std::io::Error,
    },
    /// A password file is empty.
    #[error("the file {path} is empty; it should hold the password of the database of that name")]
    EmptyPassword {
        /// The file.
        path: PathBuf,
    },
    /// `POSTGRES_URL` is invalid.
    #[error("reading POSTGRES_URL (expected postgres://user:password@host:5432/postgres): {0}")]
    Url(#[source] sqlx::Error),
    /// PostgreSQL cannot be reached.
    #[error("connecting to PostgreSQL: {0}")]
    Connect(#[source] sqlx::Error),
    /// PostgreSQL refuses the credentials.
    #[error(transparent)]
    SignIn(#[from] SignInRefused),
    /// A role is another platform's, or may be.
    #[error(transparent)]
    Clash(#[from] Clash),
    /// A platform of the same name was here before, and may still run.
    #[error(
        "the role '{name}' is in use: a platform of the same namespace and name, in another cluster, or one that was deleted \
         a moment ago; if both are to run, set spec.postgres.prefix to another prefix"
    )]
    InUse {
        /// The role.
        name: String,
    },
    /// The deadline passed before everything was created.
    #[error(transparent)]
    OutOfTime(#[from] OutOfTime),
    /// PostgreSQL refused a statement.
    #[error("{doing} '{name}': {source}")]
    Refused {
        /// The operation that failed.
        doing: &'static str,
        /// The role or database.
        name: String,
        /// The error of PostgreSQL.
        source: sqlx::Error,
    },
}

/// A database to create; its owner has the same name.
#[derive(Clone, PartialEq, Eq)]
pub struct Database {
    /// The name of the database and of its role.
    pub name: String,
    /// The role's password.
    pub password: String,
}

impl std::fmt::Debug for Database {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Database({}, password hidden)", self.name)
    }
}

/// Runs a statement that takes no parameters; PostgreSQL itself quotes the name (`%1$I`) and the text (`%2$L`).
pub(crate) async fn run(
    admin: &mut PgConnection,
    template: &str,
    name: &str,
    text: &str,
) -> Result<(), sqlx::Error> {
    let statement: String = sqlx::query_scalar("SELECT format($1, $2, $3)")
        .bind(template)
        .bind(name)
        .bind(text)
        .fetch_one(&mut *admin)
        .await?;
    sqlx::raw_sql(AssertSqlSafe(statement)).execute(admin).await?;
    Ok(())
}

pub(crate) fn refused(doing: &'static str, name: &str) -> impl FnOnce(sqlx::Error) -> DatabasesError {
    let name = name.to_owned();
    move |source| DatabasesError::Refused { doing, name, source }
}
