//! Whether the roles that a platform would use in PostgreSQL are its own: each carries a mark in its comment.
//!
//! The mark is on the role and not on the database, whose comment may be somebody's own: a role is made by the setup only,
//! and it is its password that must not be lost.

use crate::database::{Database, DatabasesError, refused, run};
use crate::owner::{Clash, Owner, POSTGRES_FIELD};
use crate::postgres_sign_in::refused_role;
use sqlx::postgres::{PgConnectOptions, PgConnection};

/// Looks whether any of `databases` has a role that is another platform's, before anything is changed.
pub(crate) async fn check(
    admin: &mut PgConnection,
    options: &PgConnectOptions,
    databases: &[Database],
    owner: &Owner,
) -> Result<Result<(), Clash>, DatabasesError> {
    for database in databases {
        if let Err(clash) = check_role(admin, options, database, owner).await? {
            return Ok(Err(clash));
        }
    }
    Ok(Ok(()))
}

async fn check_role(
    admin: &mut PgConnection,
    options: &PgConnectOptions,
    database: &Database,
    owner: &Owner,
) -> Result<Result<(), Clash>, DatabasesError> {
    let name = &database.name;
    let Some(comment) = comment(admin, name).await? else {
        return Ok(Ok(()));
    };
    let mark = Owner::find(&comment);
    match mark {
        Some(mark) if mark.platform != owner.platform => {
            return Ok(Err(Clash::Marked {
                what: "the role",
                name: name.clone(),
                other: mark.platform,
                field: POSTGRES_FIELD,
            }));
        }
        Some(mark) if mark.uid.is_none() || mark.uid == owner.uid => {}
        _ if opens(options, database).await? => {}
        // A platform of this name was here before. It comes back to its data, unless it still runs in another cluster.
        Some(_) if is_connected(admin, name).await? => {
            return Err(DatabasesError::InUse { name: name.clone() });
        }
        Some(_) => {}
        None => {
            return Ok(Err(Clash::Unmarked {
                name: name.clone(),
                platform: owner.platform.clone(),
            }));
        }
    }
    Ok(Ok(()))
}

/// Marks a role, and keeps what else its comment says.
pub(crate) async fn mark(admin: &mut PgConnection, name: &str, owner: &Owner) -> Result<(), DatabasesError> {
    let old = comment(admin, name).await?.unwrap_or_default();
    let new = owner.put_into(&old);
    if new == old {
        return Ok(());
    }
    run(admin, "COMMENT ON ROLE %1$I IS %2$L", name, &new)
        .await
        .map_err(refused("marking the role", name))
}

/// The comment of a role, empty if it has none; `None` if there is no such role.
async fn comment(admin: &mut PgConnection, name: &str) -> Result<Option<String>, DatabasesError> {
    sqlx::query_scalar(
        "SELECT coalesce(shobj_description(oid, 'pg_authid'), '') FROM pg_roles WHERE rolname = $1",
    )
    .bind(name)
    .fetch_optional(admin)
    .await
    .map_err(refused("reading the mark of the role", name))
}

/// Whether the platform's password opens a role that exists.
async fn opens(options: &PgConnectOptions, database: &Database) -> Result<bool, DatabasesError> {
    Ok(refused_role(options, database).await?.is_none())
}

async fn is_connected(admin: &mut PgConnection, role: &str) -> Result<bool, DatabasesError> {
    sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_stat_activity WHERE usename = $1)")
        .bind(role)
        .fetch_one(admin)
        .await
        .map_err(refused("looking for connections of the role", role))
}
