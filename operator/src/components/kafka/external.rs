//! A Kafka cluster that is run elsewhere.

use fdp_catalogue::variables;
use k8s_openapi::api::core::v1::EnvVar;

use crate::{kubernetes::pod, spec::Shared};

/// The optional keys of the Secret, and the variables that carry them.
const OPTIONAL: [(&str, &str); 5] = [
    (variables::KAFKA_SECURITY_PROTOCOL, "securityProtocol"),
    (variables::KAFKA_SASL_MECHANISM, "saslMechanism"),
    (variables::KAFKA_USERNAME, "username"),
    (variables::KAFKA_PASSWORD, "password"),
    (variables::KAFKA_CA, "ca.crt"),
];

/// The variables with the values of the Secret, and the prefix of names.
pub(super) fn client_environment(there: &Shared) -> Vec<EnvVar> {
    let secret = there.secret.as_str();
    let mut environment = vec![pod::env_from_secret(variables::KAFKA_BROKERS, secret, "brokers")];
    environment.extend(OPTIONAL.map(|(name, key)| optional(name, secret, key)));
    if !there.prefix.is_empty() {
        environment.push(pod::env(variables::KAFKA_PREFIX, &there.prefix));
    }
    environment
}

/// The same for a Java program that reads Kafka's own properties from variables with this prefix.
pub(super) fn java_properties(prefix: &str, secret: &str) -> Vec<EnvVar> {
    let name = |property: &str| format!("{prefix}{property}");
    vec![
        optional(&name("SECURITY_PROTOCOL"), secret, "securityProtocol"),
        optional(&name("SASL_MECHANISM"), secret, "saslMechanism"),
        optional(variables::KAFKA_USERNAME, secret, "username"),
        optional(variables::KAFKA_PASSWORD, secret, "password"),
        // The SASL mechanism is known only from the Secret. `ScramLoginModule` also passes the name and the password on
        // for PLAIN.
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
