//! The names of the environment variables that a service's container gets from the operator.

use crate::spec::catalog::Service;

/// The port of order for gRPC.
pub const GRPC_PORT: &str = "GRPC_PORT";
/// The kind of database for orders, and the address of MongoDB.
pub const ORDER_STORE: &str = "ORDER_STORE";
pub const MONGODB_URL: &str = "MONGODB_URL";
pub const MONGODB_PASSWORD: &str = "MONGODB_PASSWORD";
/// The addresses of the brokers, and the credentials for them.
pub const KAFKA_BROKERS: &str = "KAFKA_BROKERS";
pub const KAFKA_SECURITY_PROTOCOL: &str = "KAFKA_SECURITY_PROTOCOL";
pub const KAFKA_SASL_MECHANISM: &str = "KAFKA_SASL_MECHANISM";
pub const KAFKA_USERNAME: &str = "KAFKA_USERNAME";
pub const KAFKA_PASSWORD: &str = "KAFKA_PASSWORD";
pub const KAFKA_CA: &str = "KAFKA_CA";
/// Every variable about the connection to Kafka.
pub const OF_KAFKA: [&str; 6] = [
    KAFKA_BROKERS,
    KAFKA_SECURITY_PROTOCOL,
    KAFKA_SASL_MECHANISM,
    KAFKA_USERNAME,
    KAFKA_PASSWORD,
    KAFKA_CA,
];
/// The address of the service's database, and the credentials for it.
pub const DATABASE_HOST: &str = "DATABASE_HOST";
pub const DATABASE_PORT: &str = "DATABASE_PORT";
pub const DATABASE_PASSWORD: &str = "DATABASE_PASSWORD";
pub const DATABASE_URL: &str = "DATABASE_URL";
/// The TLS mode of the connection, read by the driver itself.
pub const PGSSLMODE: &str = "PGSSLMODE";
const OF_THE_DATABASE: [&str; 5] = [
    DATABASE_HOST,
    DATABASE_PORT,
    DATABASE_PASSWORD,
    DATABASE_URL,
    PGSSLMODE,
];
/// Whether the restaurant or the rider acts automatically.
pub const AUTOPILOT: &str = "AUTOPILOT";
/// The identity provider at the gateway.
pub const AUTH_PROVIDER: &str = "AUTH_PROVIDER";
/// Confirms that demo sign-in is intended.
pub const DEMO_IDENTITY: &str = "DEMO_IDENTITY";
/// The issuer of tokens, their audience, and the claim with roles.
pub const OIDC_ISSUER: &str = "OIDC_ISSUER";
pub const OIDC_AUDIENCE: &str = "OIDC_AUDIENCE";
pub const OIDC_ROLES_CLAIM: &str = "OIDC_ROLES_CLAIM";
/// The rate limit for one client.
pub const RATE_LIMIT_PER_SECOND: &str = "RATE_LIMIT_PER_SECOND";
pub const RATE_LIMIT_BURST: &str = "RATE_LIMIT_BURST";
/// Whether to trust the client address that a proxy in front of the gateway forwards.
pub const TRUST_FORWARDED: &str = "TRUST_FORWARDED";
/// The paths of extensions, each with its address: `/coupons=http://shop-coupons:8090`.
pub const EXTENSION_ROUTES: &str = "EXTENSION_ROUTES";
/// The port for metrics and health of a service that is exposed to the outside.
pub const MANAGEMENT_PORT: &str = "MANAGEMENT_PORT";
const OF_THE_GATEWAY: [&str; 10] = [
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

/// The keys of the Kakao app that sends messages to customers.
pub const KAKAO_REST_API_KEY: &str = "KAKAO_REST_API_KEY";
pub const KAKAO_REFRESH_TOKEN: &str = "KAKAO_REFRESH_TOKEN";
pub const KAKAO_CLIENT_SECRET: &str = "KAKAO_CLIENT_SECRET";

/// The topics that an extension subscribes to, and the consumer group as which it reads them.
pub const KAFKA_TOPICS: &str = "KAFKA_TOPICS";
pub const KAFKA_GROUP: &str = "KAFKA_GROUP";

/// The variable with the URL of `service`.
pub fn url(service: Service) -> String {
    format!("{}_URL", service.name().to_uppercase())
}

/// Every variable that the operator sets for `service`.
pub fn names(service: Service) -> Vec<String> {
    let mut names: Vec<String> = ["PORT", "PLATFORM", "POD_NAME", "LOG_LEVEL"]
        .into_iter()
        .map(str::to_owned)
        .collect();
    if service.keeps_state() {
        names.extend(
            OF_KAFKA
                .iter()
                .chain(&OF_THE_DATABASE)
                .map(|&name| name.to_owned()),
        );
    }
    if matches!(service, Service::Store | Service::Delivery) {
        names.push(AUTOPILOT.to_owned());
    }
    if service == Service::Customer {
        names.extend([KAKAO_REST_API_KEY, KAKAO_REFRESH_TOKEN, KAKAO_CLIENT_SECRET].map(str::to_owned));
    }
    if service == Service::Order {
        names.extend([GRPC_PORT, ORDER_STORE, MONGODB_URL, MONGODB_PASSWORD].map(str::to_owned));
    }
    if service == Service::Gateway {
        names.extend(OF_THE_GATEWAY.map(str::to_owned));
    }
    names.extend(service.calls().iter().copied().map(url));
    names
}
