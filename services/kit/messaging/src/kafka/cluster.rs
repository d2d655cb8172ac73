//! The brokers that a program uses, and the names that its topics and consumer groups have there.

use crate::kafka::security::Security;
use fdp_catalogue::variables;
use fdp_runtime::config::{self, ConfigError};

/// The brokers that a program uses, with the prefix of its names there. Programs use the names of the catalogue; only
/// what is sent to the brokers has the prefix, so that metrics and stored events don't depend on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cluster {
    brokers: String,
    prefix: String,
    /// What stands before the names of the variables that say how to sign in there.
    variables: &'static str,
}

impl Cluster {
    /// The brokers at these addresses, for a program whose names start with `prefix` there.
    pub fn new(brokers: impl Into<String>, prefix: impl Into<String>) -> Self {
        Self {
            brokers: brokers.into(),
            prefix: prefix.into(),
            variables: "",
        }
    }

    /// The cluster that the environment names; also validates the security settings.
    ///
    /// # Errors
    /// When a variable is missing or cannot be read.
    pub fn from_environment() -> Result<Self, ConfigError> {
        Self::from_variables("")
    }

    /// The cluster that the variables name whose names begin with `before`, for a program that uses two clusters.
    ///
    /// # Errors
    /// When a variable is missing or cannot be read.
    pub fn from_variables(before: &'static str) -> Result<Self, ConfigError> {
        let name = |variable: &str| format!("{before}{variable}");
        let cluster = Self {
            variables: before,
            ..Self::new(
                config::required(&name(variables::KAFKA_BROKERS), "host:9092")?,
                config::optional(&name(variables::KAFKA_PREFIX), String::new())?,
            )
        };
        cluster.security().map(|_| cluster)
    }

    /// How to sign in there.
    pub(super) fn security(&self) -> Result<Security, ConfigError> {
        Security::from_variables(self.variables)
    }

    /// The addresses of the brokers: `host:9092`, or several.
    pub fn brokers(&self) -> &str {
        &self.brokers
    }

    /// What a topic or a consumer group is called at the brokers.
    pub fn name_there(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }

    /// The name in the catalogue of what is called `there` at the brokers.
    pub fn name_here<'a>(&self, there: &'a str) -> &'a str {
        there.strip_prefix(&self.prefix).unwrap_or(there)
    }

    /// What stands before each name at the brokers.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }
}

/// Brokers that nobody else uses.
impl From<String> for Cluster {
    fn from(brokers: String) -> Self {
        Self::new(brokers, "")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_the_prefix_at_the_brokers_only() {
        let cluster = Cluster::new("host:9092", "food.shop.");
        assert_eq!(
            cluster.name_there("fooddelivery.pay"),
            "food.shop.fooddelivery.pay"
        );
        assert_eq!(
            cluster.name_here("food.shop.fooddelivery.pay"),
            "fooddelivery.pay"
        );
        assert_eq!(cluster.name_here("fooddelivery.pay"), "fooddelivery.pay");
    }

    #[test]
    fn brokers_of_ones_own_need_no_prefix() {
        let cluster = Cluster::from("host:9092".to_owned());
        assert_eq!(cluster.name_there("pay"), "pay");
        assert_eq!(cluster.name_here("pay"), "pay");
    }
}
