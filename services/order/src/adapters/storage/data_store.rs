//! The kind of data store that orders are stored in.

use std::str::FromStr;

/// A kind of data store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DataStoreKind {
    /// PostgreSQL: the local default.
    Postgresql,
    /// MongoDB, or a data store that is compatible with it.
    Mongodb,
}

impl FromStr for DataStoreKind {
    type Err = &'static str;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        match name {
            "postgresql" => Ok(Self::Postgresql),
            "mongodb" => Ok(Self::Mongodb),
            _ => Err("it has to be postgresql or mongodb"),
        }
    }
}
