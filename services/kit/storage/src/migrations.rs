//! A service's migrations, from the folder of SQL files that is compiled into its program.

use include_dir::Dir;
use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::{AssertSqlSafe, SqlSafeStr as _};

/// The migrations in `folder`: one for each file `<version>_<description>.sql`, ordered by version.
///
/// `sqlx::migrate!` would do the same, checksums included, but would compile the driver twice (once for the macro).
///
/// # Panics
/// When a file has another name format or encoding. Files are compiled in, so the first test of a service shows it.
#[expect(
    clippy::panic,
    reason = "the files are fixed when the program is compiled; to pass one over would lose a table"
)]
pub fn migrations(folder: &Dir<'static>) -> Migrator {
    let migrations = folder.files().map(|file| {
        let name = file.path().to_string_lossy();
        parse(&name, file.contents_utf8())
            .unwrap_or_else(|| panic!("{name} is not a migration: expected <version>_<description>.sql"))
    });
    let mut migrations: Vec<Migration> = migrations.collect();
    migrations.sort();
    Migrator::with_migrations(migrations)
}

fn parse(name: &str, sql: Option<&'static str>) -> Option<Migration> {
    let (version, description) = name.strip_suffix(".sql")?.split_once('_')?;
    Some(Migration::new(
        version.parse().ok()?,
        description.replace('_', " ").into(),
        MigrationType::Simple,
        AssertSqlSafe(sql?).into_sql_str(),
        false,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_name_gives_version_and_description() {
        let migration = parse("1002_prices_and_restocks.sql", Some("SELECT 1")).unwrap();
        assert_eq!(migration.version, 1002);
        assert_eq!(migration.description, "prices and restocks");
        assert_eq!(migration.sql.as_str(), "SELECT 1");
    }

    #[test]
    fn what_is_not_named_like_a_migration_is_none() {
        for name in ["prices.sql", "first_prices.sql", "1_prices.txt"] {
            assert!(parse(name, Some("SELECT 1")).is_none(), "{name}");
        }
        assert!(parse("1_not_text.sql", None).is_none());
    }

    /// Databases of the first release hold this checksum; with another one, no service would start.
    #[test]
    fn a_checksum_stays_what_it_was() {
        let checksum = &parse("1_one.sql", Some("SELECT 1")).unwrap().checksum;
        let printed = checksum
            .iter()
            .fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"));
        // printf 'SELECT 1' | sha384sum
        assert_eq!(
            printed,
            "a87be5ea59a50f1537b8361d62582b67f0f8665b89a1afa8f5f5ccc3ec84e9b8c62649fb92c16783942166f392ecc20e"
        );
    }
}
