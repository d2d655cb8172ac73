//! The names of the environment variables that services and their setup read.

use crate::Service;

/// Where a service answers.
pub const PORT: &str = "PORT";
/// The one address on which it does; all of them otherwise.
pub const BIND_ADDRESS: &str = "BIND_ADDRESS";
/// Where a service that is open to the world shows its metrics and its health.
pub const MANAGEMENT_PORT: &str = "MANAGEMENT_PORT";
/// For how many seconds after SIGTERM a silent connection stays open: longer than the pools of its peers keep one.
pub const CONNECTION_DRAIN_SECONDS: &str = "CONNECTION_DRAIN_SECONDS";
/// The platform that a service belongs to.
pub const PLATFORM: &str = "PLATFORM";
/// The pod that a service runs in: its name at Kafka and PostgreSQL.
pub const POD_NAME: &str = "POD_NAME";
/// From which level on messages are logged.
pub const LOG_LEVEL: &str = "LOG_LEVEL";

/// Where order speaks gRPC.
pub const GRPC_PORT: &str = "GRPC_PORT";
/// The kind of database that orders are kept in, and where one of them is.
pub const ORDER_STORE: &str = "ORDER_STORE";
/// Where MongoDB is.
pub const MONGODB_URL: &str = "MONGODB_URL";
/// How to sign in at MongoDB.
pub const MONGODB_PASSWORD: &str = "MONGODB_PASSWORD";

/// Where the brokers are.
pub const KAFKA_BROKERS: &str = "KAFKA_BROKERS";
/// Whether the way to the brokers is encrypted, and whether one signs in there.
pub const KAFKA_SECURITY_PROTOCOL: &str = "KAFKA_SECURITY_PROTOCOL";
/// How one signs in at the brokers.
pub const KAFKA_SASL_MECHANISM: &str = "KAFKA_SASL_MECHANISM";
/// As whom.
pub const KAFKA_USERNAME: &str = "KAFKA_USERNAME";
/// With which password.
pub const KAFKA_PASSWORD: &str = "KAFKA_PASSWORD";
/// The certificates that vouch for the brokers, as PEM.
pub const KAFKA_CA: &str = "KAFKA_CA";
/// All that says how to reach Kafka.
pub const OF_KAFKA: [&str; 6] = [
    KAFKA_BROKERS,
    KAFKA_SECURITY_PROTOCOL,
    KAFKA_SASL_MECHANISM,
    KAFKA_USERNAME,
    KAFKA_PASSWORD,
    KAFKA_CA,
];
/// The topics that an extension subscribes to.
pub const KAFKA_TOPICS: &str = "KAFKA_TOPICS";
/// The consumer group as which an extension reads them.
pub const KAFKA_GROUP: &str = "KAFKA_GROUP";

/// The host of the service's database.
pub const DATABASE_HOST: &str = "DATABASE_HOST";
/// Its port.
pub const DATABASE_PORT: &str = "DATABASE_PORT";
/// How to sign in there.
pub const DATABASE_PASSWORD: &str = "DATABASE_PASSWORD";
/// All of that in one.
pub const DATABASE_URL: &str = "DATABASE_URL";
/// How to encrypt the way to it, for the driver itself.
pub const PGSSLMODE: &str = "PGSSLMODE";
/// All that says how to reach the database.
pub const OF_THE_DATABASE: [&str; 5] = [
    DATABASE_HOST,
    DATABASE_PORT,
    DATABASE_PASSWORD,
    DATABASE_URL,
    PGSSLMODE,
];
/// The most connections that one replica opens to its database.
pub const DATABASE_CONNECTIONS: &str = "DATABASE_CONNECTIONS";

/// Whether the store or the rider acts by itself.
pub const AUTOPILOT: &str = "AUTOPILOT";
/// After how many milliseconds it does.
pub const AUTOPILOT_DELAY_MS: &str = "AUTOPILOT_DELAY_MS";

/// Who vouches for people at the gateway.
pub const AUTH_PROVIDER: &str = "AUTH_PROVIDER";
/// Says that the demo is meant.
pub const DEMO_IDENTITY: &str = "DEMO_IDENTITY";
/// The issuer of tokens.
pub const OIDC_ISSUER: &str = "OIDC_ISSUER";
/// What tokens are for.
pub const OIDC_AUDIENCE: &str = "OIDC_AUDIENCE";
/// Where tokens keep roles.
pub const OIDC_ROLES_CLAIM: &str = "OIDC_ROLES_CLAIM";
/// How many requests one client may send a second.
pub const RATE_LIMIT_PER_SECOND: &str = "RATE_LIMIT_PER_SECOND";
/// How many it may send at once.
pub const RATE_LIMIT_BURST: &str = "RATE_LIMIT_BURST";
/// Whether a proxy in front of the gateway says where requests come from.
pub const TRUST_FORWARDED: &str = "TRUST_FORWARDED";
/// The paths of extensions, each with where it is: `/coupons=http://shop-coupons:8090`.
pub const EXTENSION_ROUTES: &str = "EXTENSION_ROUTES";
/// What the operator sets for the gateway only.
pub const OF_THE_GATEWAY: [&str; 10] = [
    AUTH_PROVIDER,
    DEMO_IDENTITY,
    OIDC_ISSUER,
    OIDC_AUDIENCE,
    OIDC_ROLES_CLAIM,
    RATE_LIMIT_PER_SECOND,
    RATE_LIMIT_BURST,
    TRUST_FORWARDED,
    MANAGEMENT_PORT,
    EXTENSION_ROUTES,
];

/// The key of the Kakao app that customers' messages go through.
pub const KAKAO_REST_API_KEY: &str = "KAKAO_REST_API_KEY";
/// Its token.
pub const KAKAO_REFRESH_TOKEN: &str = "KAKAO_REFRESH_TOKEN";
/// Its secret.
pub const KAKAO_CLIENT_SECRET: &str = "KAKAO_CLIENT_SECRET";
/// All that says how to send messages through Kakao.
pub const OF_KAKAO: [&str; 3] = [KAKAO_REST_API_KEY, KAKAO_REFRESH_TOKEN, KAKAO_CLIENT_SECRET];

/// Where the setup finds PostgreSQL, as a role that may create roles and databases.
pub const POSTGRES_URL: &str = "POSTGRES_URL";
/// How many partitions the setup gives each new event topic.
pub const TOPIC_PARTITIONS: &str = "TOPIC_PARTITIONS";
/// How many replicas the setup gives each new topic.
pub const TOPIC_REPLICATION: &str = "TOPIC_REPLICATION";
/// Where the setup finds the passwords of the databases, one file each.
pub const DATABASES_DIR: &str = "DATABASES_DIR";
/// What the setup puts before the name of each database and role.
pub const DATABASE_PREFIX: &str = "DATABASE_PREFIX";
/// For how many seconds the setup waits for both servers.
pub const SETUP_TIMEOUT: &str = "SETUP_TIMEOUT";
/// The number of the broker that `setup in-sync` tells of.
pub const BROKER_ID: &str = "BROKER_ID";

/// The variable that says where `service` is.
pub fn url(service: Service) -> String {
    format!("{}_URL", service.name().to_uppercase())
}

/// All that the operator sets for `service`.
pub fn names(service: Service) -> Vec<String> {
    let mut names = vec![PORT, PLATFORM, POD_NAME, LOG_LEVEL];
    if service.keeps_state() {
        names.extend(OF_KAFKA);
        names.extend(OF_THE_DATABASE);
    }
    if service.has_autopilot() {
        names.push(AUTOPILOT);
    }
    match service {
        Service::Customer => names.extend(OF_KAKAO),
        Service::Order => names.extend([GRPC_PORT, ORDER_STORE, MONGODB_URL, MONGODB_PASSWORD]),
        Service::Gateway => names.extend(OF_THE_GATEWAY),
        _ => {}
    }
    let called = service.calls().iter().copied().map(url);
    names.into_iter().map(str::to_owned).chain(called).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn a_service_is_told_where_those_are_that_it_calls() {
        assert_eq!(url(Service::Pay), "PAY_URL");
        assert!(names(Service::Order).contains(&"PAY_URL".to_owned()));
        assert!(!names(Service::Pay).contains(&"ORDER_URL".to_owned()));
    }

    #[test]
    fn only_services_with_state_are_told_of_kafka_and_a_database() {
        for service in Service::ALL {
            let names = names(service);
            for name in OF_KAFKA.iter().chain(&OF_THE_DATABASE) {
                assert_eq!(
                    names.iter().any(|other| other == name),
                    service.keeps_state(),
                    "{service}: {name}"
                );
            }
        }
    }

    #[test]
    fn no_variable_is_set_twice() {
        for service in Service::ALL {
            let names = names(service);
            let different: BTreeSet<&String> = names.iter().collect();
            assert_eq!(different.len(), names.len(), "{service}: {names:?}");
        }
    }
}
