//! Authentication and encryption for the brokers, from the environment.

use fdp_catalogue::variables::{
    KAFKA_CA as CA, KAFKA_PASSWORD as PASSWORD, KAFKA_SASL_MECHANISM as MECHANISM,
    KAFKA_SECURITY_PROTOCOL as PROTOCOL, KAFKA_USERNAME as USERNAME,
};
use fdp_runtime::config::ConfigError;
use rdkafka::ClientConfig;
use std::fmt;

/// The default protocol.
const PLAINTEXT: &str = "PLAINTEXT";
/// The mechanisms that need only a user name and a password.
const MECHANISMS: [&str; 3] = ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"];

/// The security settings of a client.
#[derive(PartialEq, Eq)]
pub(super) struct Security {
    protocol: &'static str,
    encrypted: bool,
    /// SASL mechanism, user name and password.
    credentials: Option<[String; 3]>,
    /// CA certificates for the brokers, as PEM; by default, the system's are used.
    ca: Option<String>,
}

impl fmt::Debug for Security {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Security")
            .field("protocol", &self.protocol)
            .finish_non_exhaustive()
    }
}

impl Security {
    /// Reads the settings from the process environment.
    pub(super) fn from_environment() -> Result<Self, ConfigError> {
        Self::from_variables("")
    }

    /// The same from variables whose names begin with `before`.
    pub(super) fn from_variables(before: &str) -> Result<Self, ConfigError> {
        Self::read(|name| std::env::var(format!("{before}{name}")).ok())
    }

    fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let given = |name: &str| variable(name).filter(|value| !value.is_empty());
        let required = |name: &'static str, example: &'static str| {
            given(name).ok_or_else(|| ConfigError::Missing {
                name: name.to_owned(),
                example,
            })
        };
        let (protocol, encrypted, signs_in) = match given(PROTOCOL).as_deref() {
            // Without this error, credentials that are set would be ignored and the traffic would not be encrypted.
            None if [MECHANISM, USERNAME, PASSWORD, CA]
                .iter()
                .any(|name| given(name).is_some()) =>
            {
                return Err(ConfigError::Missing {
                    name: PROTOCOL.to_owned(),
                    example: "SASL_SSL",
                });
            }
            None | Some(PLAINTEXT) => (PLAINTEXT, false, false),
            Some("SSL") => ("SSL", true, false),
            Some("SASL_PLAINTEXT") => ("SASL_PLAINTEXT", false, true),
            Some("SASL_SSL") => ("SASL_SSL", true, true),
            Some(other) => {
                return Err(ConfigError::Unreadable {
                    name: PROTOCOL.to_owned(),
                    value: other.to_owned(),
                    reason: "it has to be PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL".to_owned(),
                });
            }
        };
        let credentials = if signs_in {
            let mechanism = required(MECHANISM, "SCRAM-SHA-512")?;
            if !MECHANISMS.contains(&&*mechanism) {
                return Err(ConfigError::Unreadable {
                    name: MECHANISM.to_owned(),
                    value: mechanism,
                    reason: format!("it has to be one of {}", MECHANISMS.join(", ")),
                });
            }
            Some([
                mechanism,
                required(USERNAME, "food-delivery")?,
                required(PASSWORD, "the password")?,
            ])
        } else {
            None
        };
        Ok(Self {
            protocol,
            encrypted,
            credentials,
            ca: given(CA).filter(|_| encrypted),
        })
    }

    /// Whether there is neither encryption nor authentication.
    pub(super) fn is_plaintext(&self) -> bool {
        self.protocol == PLAINTEXT
    }

    /// Adds the settings to a client's configuration.
    pub(super) fn apply(&self, config: &mut ClientConfig) {
        if self.is_plaintext() {
            return;
        }
        config.set("security.protocol", self.protocol);
        if let Some([mechanism, username, password]) = &self.credentials {
            config
                .set("sasl.mechanism", mechanism)
                .set("sasl.username", username)
                .set("sasl.password", password);
        }
        if let Some(ca) = &self.ca {
            config.set("ssl.ca.pem", ca);
        } else if self.encrypted {
            // The image may lack the directory that OpenSSL was compiled with.
            config.set("ssl.ca.location", "probe");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Security, ConfigError> {
        Security::read(|name| {
            let (_, value) = variables.iter().find(|(known, _)| *known == name)?;
            Some((*value).to_owned())
        })
    }

    fn settings(variables: &[(&str, &str)]) -> Vec<(String, String)> {
        let mut config = ClientConfig::new();
        read(variables).unwrap().apply(&mut config);
        // The map's own output hides passwords.
        let mut settings: Vec<(String, String)> = config
            .config_map()
            .keys()
            .map(|key| ((*key).to_owned(), config.get(key).unwrap_or_default().to_owned()))
            .collect();
        settings.sort();
        settings
    }

    #[test]
    fn without_any_variable_nothing_is_encrypted_and_nobody_signs_in() {
        assert_eq!(settings(&[]), []);
        assert_eq!(settings(&[(PROTOCOL, PLAINTEXT), (PASSWORD, "")]), []);
    }

    #[test]
    fn name_and_password_travel_encrypted_under_the_given_certificate() {
        let variables = [
            (PROTOCOL, "SASL_SSL"),
            (MECHANISM, "SCRAM-SHA-512"),
            (USERNAME, "shop"),
            (PASSWORD, "s3cret"),
            (CA, "-----BEGIN CERTIFICATE-----"),
        ];
        let expected = [
            ("sasl.mechanism", "SCRAM-SHA-512"),
            ("sasl.password", "s3cret"),
            ("sasl.username", "shop"),
            ("security.protocol", "SASL_SSL"),
            ("ssl.ca.pem", "-----BEGIN CERTIFICATE-----"),
        ]
        .map(|(key, value)| (key.to_owned(), value.to_owned()));
        assert_eq!(settings(&variables), expected);
        assert!(!format!("{:?}", read(&variables)).contains("s3cret"));
    }

    #[test]
    fn without_a_certificate_the_systems_own_vouch_for_the_brokers() {
        assert!(settings(&[(PROTOCOL, "SSL")]).contains(&("ssl.ca.location".to_owned(), "probe".to_owned())));
    }

    #[test]
    fn what_is_missing_or_unknown_is_told_by_the_name_of_its_variable() {
        let refusal = |variables: &[(&str, &str)]| read(variables).unwrap_err().to_string();
        assert!(refusal(&[(PROTOCOL, "TLS")]).contains("KAFKA_SECURITY_PROTOCOL has the value 'TLS'"));
        assert!(refusal(&[(PROTOCOL, "SASL_SSL")]).contains("KAFKA_SASL_MECHANISM is not set"));
        let kerberos = refusal(&[(PROTOCOL, "SASL_SSL"), (MECHANISM, "GSSAPI")]);
        assert!(
            kerberos.contains("GSSAPI") && kerberos.contains("SCRAM-SHA-512"),
            "{kerberos}"
        );
        let nameless = refusal(&[(PROTOCOL, "SASL_SSL"), (MECHANISM, "PLAIN")]);
        assert!(nameless.contains("KAFKA_USERNAME is not set"), "{nameless}");
    }

    #[test]
    fn a_password_is_never_sent_in_the_clear_because_the_protocol_was_forgotten() {
        let forgotten = read(&[(USERNAME, "shop"), (PASSWORD, "s3cret")])
            .unwrap_err()
            .to_string();
        assert!(
            forgotten.contains("KAFKA_SECURITY_PROTOCOL is not set"),
            "{forgotten}"
        );
    }

    #[test]
    fn the_client_library_can_encrypt_and_sign_in() {
        let mut config = ClientConfig::new();
        let variables = [
            (PROTOCOL, "SASL_SSL"),
            (MECHANISM, "SCRAM-SHA-512"),
            (USERNAME, "shop"),
            (PASSWORD, "s3cret"),
        ];
        read(&variables).unwrap().apply(&mut config);
        config
            .set("bootstrap.servers", "127.0.0.1:1")
            .set("log_level", "0");
        let made = config.create::<rdkafka::consumer::BaseConsumer>();
        assert!(made.is_ok(), "{:?}", made.err());
    }
}
