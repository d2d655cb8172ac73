//! The names of the environment variables that a service's container gets from the operator.

use super::catalog::Service;

/// Where order speaks gRPC.
pub const GRPC_PORT: &str = "GRPC_PORT";
/// The kind of database that orders are kept in, and where one of them is.
pub const ORDER_STORE: &str = "ORDER_STORE";
pub const MONGODB_URL: &str = "MONGODB_URL";
/// Whether the store or the rider acts by itself.
pub const AUTOPILOT: &str = "AUTOPILOT";
/// Who vouches for people at the gateway.
pub const AUTH_PROVIDER: &str = "AUTH_PROVIDER";
/// Says that the demo is meant.
pub const DEMO_IDENTITY: &str = "DEMO_IDENTITY";
/// The issuer of tokens, what they are for, and where they keep roles.
pub const OIDC_ISSUER: &str = "OIDC_ISSUER";
pub const OIDC_AUDIENCE: &str = "OIDC_AUDIENCE";
pub const OIDC_ROLES_CLAIM: &str = "OIDC_ROLES_CLAIM";
/// How often one client may ask.
pub const RATE_LIMIT_PER_SECOND: &str = "RATE_LIMIT_PER_SECOND";
pub const RATE_LIMIT_BURST: &str = "RATE_LIMIT_BURST";
/// Whether a proxy in front of the gateway says where requests come from.
pub const TRUST_FORWARDED: &str = "TRUST_FORWARDED";
/// Where a service that is open to the world tells its metrics and its health.
pub const MANAGEMENT_PORT: &str = "MANAGEMENT_PORT";
const OF_THE_GATEWAY: [&str; 9] = [
    AUTH_PROVIDER,
    DEMO_IDENTITY,
    OIDC_ISSUER,
    OIDC_AUDIENCE,
    OIDC_ROLES_CLAIM,
    RATE_LIMIT_PER_SECOND,
    RATE_LIMIT_BURST,
    TRUST_FORWARDED,
    MANAGEMENT_PORT,
];

/// The keys of the Kakao app that customers' messages go through.
pub const KAKAO_REST_API_KEY: &str = "KAKAO_REST_API_KEY";
pub const KAKAO_REFRESH_TOKEN: &str = "KAKAO_REFRESH_TOKEN";
pub const KAKAO_CLIENT_SECRET: &str = "KAKAO_CLIENT_SECRET";

/// The variable that says where `service` is.
pub fn url(service: Service) -> String {
    format!("{}_URL", service.name().to_uppercase())
}

/// All that the operator sets for `service`.
pub fn names(service: Service) -> Vec<String> {
    let mut names: Vec<String> = ["PORT", "PLATFORM", "POD_NAME", "LOG_LEVEL"]
        .into_iter()
        .map(str::to_owned)
        .collect();
    if service.keeps_state() {
        names.extend(["KAFKA_BROKERS", "DATABASE_PASSWORD", "DATABASE_URL"].map(str::to_owned));
    }
    if matches!(service, Service::Store | Service::Delivery) {
        names.push(AUTOPILOT.to_owned());
    }
    if service == Service::Customer {
        names.extend([KAKAO_REST_API_KEY, KAKAO_REFRESH_TOKEN, KAKAO_CLIENT_SECRET].map(str::to_owned));
    }
    if service == Service::Order {
        names.extend([GRPC_PORT, ORDER_STORE, MONGODB_URL].map(str::to_owned));
    }
    if service == Service::Gateway {
        names.extend(OF_THE_GATEWAY.map(str::to_owned));
    }
    names.extend(service.calls().iter().copied().map(url));
    names
}
