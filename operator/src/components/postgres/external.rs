//! A PostgreSQL server that is run elsewhere.

use fdp_catalogue::variables;
use k8s_openapi::api::core::v1::EnvVar;

use crate::{
    kubernetes::{names, pod},
    spec::{Shared, Validated},
};

/// The variables with which a service connects to its own database.
pub(super) fn client_environment(platform: &Validated, there: &Shared, service: &str) -> Vec<EnvVar> {
    let name = format!("{}{service}", there.prefix);
    let mut environment = server(&there.secret);
    environment.extend([
        pod::env_from_secret(
            variables::DATABASE_PASSWORD,
            &platform.child(names::DATABASES),
            service,
        ),
        pod::env(
            variables::DATABASE_URL,
            format!(
                "postgres://{name}:$({password})@$({host}):$({port})/{name}",
                password = variables::DATABASE_PASSWORD,
                host = variables::DATABASE_HOST,
                port = variables::DATABASE_PORT,
            ),
        ),
    ]);
    environment
}

/// The variables with which the setup creates databases and roles.
pub(super) fn administrator_environment(there: &Shared) -> Vec<EnvVar> {
    let secret = there.secret.as_str();
    let mut environment = server(secret);
    environment.extend([
        // Name and password may contain characters that are invalid in a URL, so the driver reads them from variables.
        pod::env_from_secret("PGUSER", secret, "username"),
        pod::env_from_secret("PGPASSWORD", secret, "password"),
        pod::env(variables::DATABASE_PREFIX, &there.prefix),
        pod::env(
            variables::POSTGRES_URL,
            format!(
                "postgres://$({host}):$({port})/postgres",
                host = variables::DATABASE_HOST,
                port = variables::DATABASE_PORT,
            ),
        ),
    ]);
    environment
}

/// Its address. The TLS mode is not part of any URL: if the Secret lacked the key, the URL would contain the name of
/// the variable.
fn server(secret: &str) -> Vec<EnvVar> {
    vec![
        pod::env_from_secret(variables::DATABASE_HOST, secret, "host"),
        pod::env_from_secret(variables::DATABASE_PORT, secret, "port"),
        pod::env_from_optional_secret(variables::PGSSLMODE, secret, "sslmode"),
    ]
}
