//! A Kafka that is run elsewhere.

use fdp_catalogue::variables;
use k8s_openapi::api::core::v1::EnvVar;

use crate::kubernetes::pod;

/// The keys of the Secret that need not be there, and the variables that carry them.
const OPTIONAL: [(&str, &str); 5] = [
    (variables::KAFKA_SECURITY_PROTOCOL, "securityProtocol"),
    (variables::KAFKA_SASL_MECHANISM, "saslMechanism"),
    (variables::KAFKA_USERNAME, "username"),
    (variables::KAFKA_PASSWORD, "password"),
    (variables::KAFKA_CA, "ca.crt"),
];

/// The variables with the values of the Secret.
pub(super) fn client_environment(secret: &str) -> Vec<EnvVar> {
    let mut environment = vec![pod::env_from_secret(variables::KAFKA_BROKERS, secret, "brokers")];
    environment.extend(OPTIONAL.map(|(name, key)| optional(name, secret, key)));
    environment
}

/// The same for a program in Java that takes Kafka's own properties by variables of this prefix.
pub(super) fn java_properties(prefix: &str, secret: &str) -> Vec<EnvVar> {
    let name = |property: &str| format!("{prefix}{property}");
    vec![
        optional(&name("SECURITY_PROTOCOL"), secret, "securityProtocol"),
        optional(&name("SASL_MECHANISM"), secret, "saslMechanism"),
        optional(variables::KAFKA_USERNAME, secret, "username"),
        optional(variables::KAFKA_PASSWORD, secret, "password"),
        // Only the Secret knows the mechanism, and this module hands over name and password for PLAIN too.
        pod::env(
            &name("SASL_JAAS_CONFIG"),
            format!(
                "org.apache.kafka.common.security.scram.ScramLoginModule required username=\"$({})\" password=\"$({})\";",
                variables::KAFKA_USERNAME,
                variables::KAFKA_PASSWORD
            ),
        ),
        pod::env(&name("SSL_TRUSTSTORE_TYPE"), "PEM"),
        optional(&name("SSL_TRUSTSTORE_CERTIFICATES"), secret, "ca.crt"),
    ]
}

fn optional(name: &str, secret: &str, key: &str) -> EnvVar {
    pod::env_from_optional_secret(name, secret, key)
}
