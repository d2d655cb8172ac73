//! Which data stores a platform has, and where each is.

use std::fmt;

use fdp_crds::{StoreStatus, StoresStatus};

/// Annotation of a platform: the second word for a change of a data store, such as `postgres=External/rds`, because data
/// does not move with it. Several are separated by commas.
pub const CHANGE_STORE: &str = "fooddelivery.dev/change-store";

pub(super) const MANAGED: &str = "Managed";
pub(super) const STRIMZI: &str = "Strimzi";
pub(super) const CLOUD_NATIVE_PG: &str = "CloudNativePG";
pub(super) const EXTERNAL: &str = "External";
pub(super) const NONE: &str = "None";

/// A data store of a platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Store {
    Kafka,
    Postgres,
    Mongodb,
}

impl Store {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Kafka, Self::Postgres, Self::Mongodb];

    /// Its name in the specification, and of its part.
    pub fn name(self) -> &'static str {
        match self {
            Self::Kafka => "kafka",
            Self::Postgres => "postgres",
            Self::Mongodb => "mongodb",
        }
    }

    /// The keys that the Secret of an external one has to have.
    pub fn required_keys(self) -> &'static [&'static str] {
        match self {
            Self::Kafka => &["brokers"],
            Self::Postgres => &["host", "port", "username", "password"],
            Self::Mongodb => &["url"],
        }
    }

    /// What a status says of it.
    pub fn of(self, stores: &StoresStatus) -> Option<&StoreStatus> {
        match self {
            Self::Kafka => stores.kafka.as_ref(),
            Self::Postgres => stores.postgres.as_ref(),
            Self::Mongodb => stores.mongodb.as_ref(),
        }
    }
}

/// Where a data store is: who runs it and, if that is somebody outside, the Secret with its address and the prefix of names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    pub provider: String,
    pub secret: Option<String>,
    /// What stands before the platform's names there, if others may have names there as well.
    pub prefix: Option<String>,
}

impl Place {
    /// A store that this provider runs in the cluster.
    pub fn inside(provider: &str) -> Self {
        Self {
            provider: provider.to_owned(),
            secret: None,
            prefix: None,
        }
    }

    /// An external store.
    pub fn external(secret: &str) -> Self {
        Self {
            provider: EXTERNAL.to_owned(),
            secret: Some(secret.to_owned()),
            prefix: None,
        }
    }

    /// An external store in which the platform's names have a prefix.
    pub fn shared(secret: &str, prefix: String) -> Self {
        Self {
            prefix: Some(prefix),
            ..Self::external(secret)
        }
    }

    /// The place in words that tell it from `other`, which may have nothing but another prefix.
    pub fn apart_from(&self, other: &Self) -> String {
        match &self.prefix {
            Some(prefix) if self.secret == other.secret => format!("{self}/{prefix}"),
            _ => self.to_string(),
        }
    }

    /// Whether the operator runs it.
    pub fn is_managed(&self) -> bool {
        self.provider == MANAGED
    }

    /// Whether `CloudNativePG` runs it.
    pub fn is_cloud_native_pg(&self) -> bool {
        self.provider == CLOUD_NATIVE_PG
    }
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.provider)?;
        match &self.secret {
            Some(secret) => write!(formatter, "/{secret}"),
            None => Ok(()),
        }
    }
}

/// The changes of data stores that an annotation confirms.
pub(super) fn confirmed(annotation: Option<&String>) -> Vec<String> {
    let words = annotation.into_iter().flat_map(|text| text.split(','));
    words.map(|word| word.trim().to_owned()).collect()
}
