//! The names of the environment variables that services and their setup read.

use crate::Service;

/// The port of a service.
pub const PORT: &str = "PORT";
/// The address to listen on; all addresses if it is not set.
pub const BIND_ADDRESS: &str = "BIND_ADDRESS";
/// The port for metrics and health of a service that is reachable from outside.
pub const MANAGEMENT_PORT: &str = "MANAGEMENT_PORT";
/// For how many seconds after SIGTERM an idle connection stays open: longer than the peers' pools keep one.
pub const CONNECTION_DRAIN_SECONDS: &str = "CONNECTION_DRAIN_SECONDS";
/// The platform that a service belongs to.
pub const PLATFORM: &str = "PLATFORM";
/// The pod that a service runs in; also its client name for Kafka and PostgreSQL.
pub const POD_NAME: &str = "POD_NAME";
/// The lowest level of log messages.
pub const LOG_LEVEL: &str = "LOG_LEVEL";

/// The port for fault injection of the pay service: without this variable there is none.
pub const DRILL_PORT: &str = "DRILL_PORT";
/// The gRPC port of the order service.
pub const GRPC_PORT: &str = "GRPC_PORT";
/// The kind of data store for orders.
pub const ORDER_STORE: &str = "ORDER_STORE";
/// The URL of MongoDB.
pub const MONGODB_URL: &str = "MONGODB_URL";
/// The password for MongoDB.
pub const MONGODB_PASSWORD: &str = "MONGODB_PASSWORD";

/// The addresses of the brokers.
pub const KAFKA_BROKERS: &str = "KAFKA_BROKERS";
/// Whether connections to the brokers are encrypted, and whether they are authenticated.
pub const KAFKA_SECURITY_PROTOCOL: &str = "KAFKA_SECURITY_PROTOCOL";
/// The SASL mechanism for the brokers.
pub const KAFKA_SASL_MECHANISM: &str = "KAFKA_SASL_MECHANISM";
/// The user name for the brokers.
pub const KAFKA_USERNAME: &str = "KAFKA_USERNAME";
/// The password for the brokers.
pub const KAFKA_PASSWORD: &str = "KAFKA_PASSWORD";
/// The CA certificates for the brokers, as PEM.
pub const KAFKA_CA: &str = "KAFKA_CA";
/// What stands before the name of each topic and consumer group, where others may use the same brokers.
pub const KAFKA_PREFIX: &str = "KAFKA_PREFIX";
/// All variables for Kafka.
pub const KAFKA_VARIABLES: [&str; 7] = [
    KAFKA_BROKERS,
    KAFKA_SECURITY_PROTOCOL,
    KAFKA_SASL_MECHANISM,
    KAFKA_USERNAME,
    KAFKA_PASSWORD,
    KAFKA_CA,
    KAFKA_PREFIX,
];
/// Put before the names of the variables for Kafka: they say where `setup mirror` copies from.
pub const OLD: &str = "OLD_";
/// The consumer groups beside those of the services whose positions `setup mirror` copies, separated by commas.
pub const GROUPS: &str = "GROUPS";
/// The topics that an extension subscribes to.
pub const KAFKA_TOPICS: &str = "KAFKA_TOPICS";
/// The consumer group of an extension.
pub const KAFKA_GROUP: &str = "KAFKA_GROUP";

/// The host of the service's database.
pub const DATABASE_HOST: &str = "DATABASE_HOST";
/// Its port.
pub const DATABASE_PORT: &str = "DATABASE_PORT";
/// The password for the database.
pub const DATABASE_PASSWORD: &str = "DATABASE_PASSWORD";
/// All parts of the database connection as one URL.
pub const DATABASE_URL: &str = "DATABASE_URL";
/// How connections to the database are encrypted; the driver itself reads this variable.
pub const PGSSLMODE: &str = "PGSSLMODE";
/// All variables for the database.
pub const DATABASE_VARIABLES: [&str; 5] = [
    DATABASE_HOST,
    DATABASE_PORT,
    DATABASE_PASSWORD,
    DATABASE_URL,
    PGSSLMODE,
];
/// The most connections that one replica opens to its database.
pub const DATABASE_CONNECTIONS: &str = "DATABASE_CONNECTIONS";

/// Who takes the customers' money: `Ledger`, which only writes it down, or `Stripe`.
pub const PAYMENT_PROVIDER: &str = "PAYMENT_PROVIDER";
/// The secret key of our account at Stripe.
pub const STRIPE_SECRET_KEY: &str = "STRIPE_SECRET_KEY";
/// The secret with which Stripe signs its messages to us.
pub const STRIPE_WEBHOOK_SECRET: &str = "STRIPE_WEBHOOK_SECRET";
/// The base URL of Stripe's API; Stripe's own if it is not set.
pub const STRIPE_URL: &str = "STRIPE_URL";
/// Where customers' browsers reach the platform.
pub const PUBLIC_URL: &str = "PUBLIC_URL";
/// All variables that the operator sets for payments.
pub const PAYMENT_VARIABLES: [&str; 4] = [
    PAYMENT_PROVIDER,
    STRIPE_SECRET_KEY,
    STRIPE_WEBHOOK_SECRET,
    PUBLIC_URL,
];

/// Whether the store or delivery service takes its next steps automatically.
pub const AUTOPILOT: &str = "AUTOPILOT";
/// The delay before such a step, in milliseconds.
pub const AUTOPILOT_DELAY_MS: &str = "AUTOPILOT_DELAY_MS";

/// For how many days services keep what need not be kept for ever, by table: `recipients=30,notifications=90`.
pub const RETENTION_DAYS: &str = "RETENTION_DAYS";

/// How many deliveries a rider may have at once; 3 if it is not set.
pub const RIDER_DELIVERIES_AT_ONCE: &str = "RIDER_DELIVERIES_AT_ONCE";
/// For how many minutes a rider may be silent before the deliveries that he has not picked up are offered to others; 10 if it
/// is not set.
pub const RIDER_SILENT_MINUTES: &str = "RIDER_SILENT_MINUTES";

/// How clients sign in at the gateway.
pub const AUTH_PROVIDER: &str = "AUTH_PROVIDER";
/// Confirms that the demo sign-in is intended.
pub const DEMO_IDENTITY: &str = "DEMO_IDENTITY";
/// The token issuer.
pub const OIDC_ISSUER: &str = "OIDC_ISSUER";
/// The audience that tokens must have.
pub const OIDC_AUDIENCE: &str = "OIDC_AUDIENCE";
/// The claim that holds the roles.
pub const OIDC_ROLES_CLAIM: &str = "OIDC_ROLES_CLAIM";
/// How many requests one client may send per second.
pub const RATE_LIMIT_PER_SECOND: &str = "RATE_LIMIT_PER_SECOND";
/// How many requests one client may send at once.
pub const RATE_LIMIT_BURST: &str = "RATE_LIMIT_BURST";
/// Whether to trust the client address in the forwarding headers of a proxy in front of the gateway.
pub const TRUST_FORWARDED: &str = "TRUST_FORWARDED";
/// The paths of extensions, each with its base URL: `/coupons=http://shop-coupons:8090`.
pub const EXTENSION_ROUTES: &str = "EXTENSION_ROUTES";
/// All variables that the operator sets for the gateway only.
pub const GATEWAY_VARIABLES: [&str; 10] = [
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

/// The REST API key of the Kakao app that sends messages to customers.
pub const KAKAO_REST_API_KEY: &str = "KAKAO_REST_API_KEY";
/// The app's refresh token.
pub const KAKAO_REFRESH_TOKEN: &str = "KAKAO_REFRESH_TOKEN";
/// The app's client secret.
pub const KAKAO_CLIENT_SECRET: &str = "KAKAO_CLIENT_SECRET";
/// All variables for Kakao.
pub const KAKAO_VARIABLES: [&str; 3] = [KAKAO_REST_API_KEY, KAKAO_REFRESH_TOKEN, KAKAO_CLIENT_SECRET];

/// The URL with which the setup connects to PostgreSQL, with a role that may create roles and databases.
pub const POSTGRES_URL: &str = "POSTGRES_URL";
/// The number of partitions that the setup gives each new event topic.
pub const TOPIC_PARTITIONS: &str = "TOPIC_PARTITIONS";
/// The number of replicas that the setup gives each new topic.
pub const TOPIC_REPLICATION: &str = "TOPIC_REPLICATION";
/// The directory with the database passwords for the setup, one file per database.
pub const DATABASES_DIR: &str = "DATABASES_DIR";
/// The prefix that the setup adds to the name of each database and role.
pub const DATABASE_PREFIX: &str = "DATABASE_PREFIX";
/// The platform for which the setup works, as `namespace/name`: marks what it makes on servers that others may use, and
/// touches nothing that is marked for another platform.
pub const OWNER: &str = "OWNER";
/// Whether others may use the brokers although the platform's topics have no prefix. What they then have in common with
/// another platform is told, and refused by the next release.
pub const MARK_TOPICS: &str = "MARK_TOPICS";
/// Whether others may use the MongoDB: the database of orders is marked for the platform.
pub const MARK_MONGODB: &str = "MARK_MONGODB";
/// The id of the resource of that platform.
pub const OWNER_UID: &str = "OWNER_UID";
/// How many seconds the setup waits for the data stores.
pub const SETUP_TIMEOUT: &str = "SETUP_TIMEOUT";
/// How the setup's last words begin if names are another platform's; `kafka`, `mongodb` or `postgres` and
/// a colon follow.
pub const CLASH: &str = "StoreClash";
/// How the last words of a setup begin if a server refuses the credentials; `kafka`, `mongodb`, `postgres` or
/// `elasticsearch` and a colon follow.
pub const REFUSED: &str = "SignInRefused";
/// How the last words of a setup begin that has succeeded, if another platform has the same topics; `kafka`, a colon and that
/// platform follow.
pub const SHARED: &str = "StoreShared";
/// How the last words of `setup reach` begin if something was not reached; a colon and the list follow.
pub const UNREACHABLE: &str = "Unreachable";
/// The id of the broker that `setup in-sync` reports on.
pub const BROKER_ID: &str = "BROKER_ID";

/// The variable with the URL of `service`.
pub fn url(service: Service) -> String {
    format!("{}_URL", service.name().to_uppercase())
}

/// All variables that the operator sets for `service`.
pub fn names(service: Service) -> Vec<String> {
    let mut names = vec![PORT, PLATFORM, POD_NAME, LOG_LEVEL];
    if service.keeps_state() {
        names.extend(KAFKA_VARIABLES);
        names.extend(DATABASE_VARIABLES);
    }
    if service.has_autopilot() {
        names.push(AUTOPILOT);
    }
    match service {
        Service::Customer => names.extend(KAKAO_VARIABLES),
        Service::Pay => {
            names.push(DRILL_PORT);
            names.extend(PAYMENT_VARIABLES);
        }
        Service::Order => names.extend([
            GRPC_PORT,
            ORDER_STORE,
            MONGODB_URL,
            MONGODB_PASSWORD,
            PAYMENT_PROVIDER,
        ]),
        Service::Gateway => names.extend(GATEWAY_VARIABLES),
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
            for name in KAFKA_VARIABLES.iter().chain(&DATABASE_VARIABLES) {
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
