//! One database and one login role per service. A role can connect only to its own database.

pub use crate::database::{Database, DatabasesError};

use crate::database::{refused, run};
use crate::owned_roles;
use crate::owner::Owner;
use crate::postgres_sign_in::{connect, refusal, refused_role};
use crate::refusals::{Refusals, SignInRefused};
use crate::retry::until_it_works;
use sqlx::ConnectOptions as _;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use std::path::Path;
use tokio::time::Instant;

/// The advisory lock during the creation of databases, so that two concurrent jobs do not interfere. The number is
/// arbitrary, but must be unique on the server.
const SETUP_LOCK: i64 = 0x0073_6574_7570;

/// Reads the databases from the file names in `directory`, and adds `prefix` to each name. Names that start with a dot
/// are skipped: the kubelet creates such entries (`..data`).
///
/// # Errors
/// When a file cannot be read or is empty.
pub fn read_directory(directory: &Path, prefix: &str) -> Result<Vec<Database>, DatabasesError> {
    let unreadable = |path: &Path| {
        let path = path.to_owned();
        move |source| DatabasesError::Passwords { path, source }
    };
    let mut databases = Vec::new();
    for entry in std::fs::read_dir(directory).map_err(unreadable(directory))? {
        let entry = entry.map_err(unreadable(directory))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with('.') {
            continue;
        }
        let path = entry.path();
        let content = std::fs::read_to_string(&path).map_err(unreadable(&path))?;
        let password = content.trim_end_matches(['\r', '\n']).to_owned();
        if password.is_empty() {
            return Err(DatabasesError::EmptyPassword { path });
        }
        databases.push(Database {
            name: format!("{prefix}{name}"),
            password,
        });
    }
    databases.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(databases)
}

/// Waits for PostgreSQL at `url` until `deadline`, and creates those of `databases` that are missing. Existing roles
/// get the given password; existing databases keep their data. Roles are marked for `owner`, if there is one; if any is
/// another platform's, nothing is changed. At last each role signs in, as the service does that has it.
///
/// # Errors
/// When a role is another platform's; when PostgreSQL refuses the credentials for a while; when PostgreSQL cannot be reached,
/// or refuses a statement, until the deadline.
pub async fn create(
    url: &str,
    databases: &[Database],
    owner: Option<&Owner>,
    deadline: Instant,
) -> Result<(), DatabasesError> {
    let options: PgConnectOptions = url.parse().map_err(DatabasesError::Url)?;
    // Not logged, because these statements contain passwords.
    let options = options.application_name("setup").disable_statement_logging();
    // A new server may restart once: the whole attempt is retried, not only connecting.
    let refusals = Refusals::default();
    until_it_works("creating the databases in PostgreSQL", deadline, || {
        attempt(&options, databases, owner, &refusals)
    })
    .await??;
    Ok(())
}

/// One attempt. The inner error says what no further one would change.
async fn attempt(
    options: &PgConnectOptions,
    databases: &[Database],
    owner: Option<&Owner>,
    refusals: &Refusals,
) -> Result<Result<(), DatabasesError>, DatabasesError> {
    let connected = connect(options).await;
    let mut refused = connected.as_ref().err().and_then(refusal);
    let mut made = Ok(Ok(()));
    match connected {
        Ok(mut admin) => {
            made = make(&mut admin, options, databases, owner).await;
            if matches!(made, Ok(Ok(()))) {
                refused = refused_service(options, databases).await;
            }
        }
        Err(error) if refused.is_none() => return Err(DatabasesError::Connect(error)),
        Err(_) => {}
    }
    let for_long = refusals.last(refused.is_some(), Instant::now());
    match refused {
        None => made,
        Some(answer) => {
            let server = "postgres";
            let refused = SignInRefused { server, answer }.into();
            if for_long { Ok(Err(refused)) } else { Err(refused) }
        }
    }
}

async fn make(
    admin: &mut PgConnection,
    options: &PgConnectOptions,
    databases: &[Database],
    owner: Option<&Owner>,
) -> Result<Result<(), DatabasesError>, DatabasesError> {
    sqlx::query("SELECT pg_advisory_lock($1)")
        .bind(SETUP_LOCK)
        .execute(&mut *admin)
        .await
        .map_err(refused("waiting for another setup of", "databases"))?;
    if let Some(owner) = owner {
        let checked = owned_roles::check(admin, options, databases, owner).await?;
        // Trying again would not help.
        if let Err(clash) = checked {
            return Ok(Err(clash.into()));
        }
    }
    for database in databases {
        create_role(admin, database).await?;
        if let Some(owner) = owner {
            owned_roles::mark(admin, &database.name, owner).await?;
        }
        create_database(admin, &database.name).await?;
    }
    Ok(Ok(()))
}

/// The words of the first refusal of a role whose password was just set. What else goes wrong there, such as too many
/// connections, says nothing of passwords.
async fn refused_service(options: &PgConnectOptions, databases: &[Database]) -> Option<String> {
    for database in databases {
        match refused_role(options, database).await {
            Ok(None) => {}
            Ok(Some(answer)) => {
                return Some(format!(
                    "the role '{}' has just got its password, and is refused with it: {answer}",
                    database.name
                ));
            }
            Err(error) => {
                tracing::warn!(%error, role = %database.name, "nobody knows whether it can sign in");
            }
        }
    }
    None
}

async fn create_role(
    admin: &mut PgConnection,
    Database { name, password }: &Database,
) -> Result<(), DatabasesError> {
    let exists: bool = sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1)")
        .bind(name)
        .fetch_one(&mut *admin)
        .await
        .map_err(refused("looking for the role", name))?;
    let (template, doing) = if exists {
        (
            "ALTER ROLE %1$I LOGIN PASSWORD %2$L",
            "setting the password of the role",
        )
    } else {
        ("CREATE ROLE %1$I LOGIN PASSWORD %2$L", "creating the role")
    };
    run(admin, template, name, password)
        .await
        .map_err(refused(doing, name))?;
    if !exists {
        tracing::info!(role = %name, "created");
    }
    // Only a member of the role (or a superuser, which managed PostgreSQL lacks) can make it a database owner.
    let superuser: bool = sqlx::query_scalar("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
        .fetch_one(&mut *admin)
        .await
        .map_err(refused("looking for the rights over the role", name))?;
    if !superuser {
        run(admin, "GRANT %1$I TO CURRENT_USER", name, "")
            .await
            .map_err(refused("joining the role", name))?;
    }
    Ok(())
}

async fn create_database(admin: &mut PgConnection, name: &str) -> Result<(), DatabasesError> {
    let exists: bool = sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)")
        .bind(name)
        .fetch_one(&mut *admin)
        .await
        .map_err(refused("looking for the database", name))?;
    if !exists {
        run(admin, "CREATE DATABASE %1$I OWNER %1$I", name, "")
            .await
            .map_err(refused("creating the database", name))?;
        tracing::info!(database = %name, "created");
    }
    // By default, every role may connect to every database.
    run(admin, "REVOKE CONNECT ON DATABASE %1$I FROM PUBLIC", name, "")
        .await
        .map_err(refused("closing to strangers the database", name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_file_is_a_database_and_hidden_ones_are_not() {
        let directory = tempfile::tempdir().unwrap();
        for (name, content) in [
            ("pay", "s3cret\n"),
            ("order", "päss'word"),
            ("..data", "x"),
            (".hidden", "x"),
        ] {
            std::fs::write(directory.path().join(name), content).unwrap();
        }
        let read = read_directory(directory.path(), "").unwrap();
        let expected = [("order", "päss'word"), ("pay", "s3cret")].map(|(name, password)| Database {
            name: name.into(),
            password: password.into(),
        });
        assert_eq!(read, expected);
    }

    #[test]
    fn on_a_shared_server_names_start_with_whose_they_are() {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("pay"), "s3cret").unwrap();
        assert_eq!(
            read_directory(directory.path(), "shop_").unwrap()[0].name,
            "shop_pay"
        );
    }

    #[test]
    fn a_file_without_a_password_is_named() {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("pay"), "\n").unwrap();
        let words = read_directory(directory.path(), "").unwrap_err().to_string();
        assert!(words.contains("pay is empty"), "{words}");
    }

    #[test]
    fn a_password_never_shows_in_debug_output() {
        let database = Database {
            name: "pay".into(),
            password: "s3cret".into(),
        };
        assert!(!format!("{database:?}").contains("s3cret"));
    }
}
