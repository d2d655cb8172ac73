//! The address of the database, for who connects to it without signing in.

use fdp_catalogue::variables;
use k8s_openapi::api::core::v1::EnvVar;

use crate::{
    components::postgres::{cloud_native_pg, server::PORT},
    kubernetes::{names::POSTGRES, pod},
    spec::{Postgres, Validated},
};

/// The address as `host:port`, and the variables to which it refers where only a Secret has it.
pub fn address(platform: &Validated) -> (String, Vec<EnvVar>) {
    let inside = |host: &str| (format!("{host}:{PORT}"), Vec::new());
    match &platform.postgres {
        Postgres::Managed(_) => inside(&platform.child(POSTGRES)),
        Postgres::CloudNativePg(_) => inside(&cloud_native_pg::server(platform)),
        Postgres::External(there) => {
            let (host, port) = (variables::DATABASE_HOST, variables::DATABASE_PORT);
            let environment = vec![
                pod::env_from_secret(host, &there.secret, "host"),
                pod::env_from_secret(port, &there.secret, "port"),
            ];
            (format!("$({host}):$({port})"), environment)
        }
    }
}
