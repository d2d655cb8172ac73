//! Where orders are kept: one file for each kind of database.

pub mod mongodb;
pub mod postgres;

use std::str::FromStr;

/// A kind of database that orders can be kept in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// PostgreSQL: the local default.
    Postgresql,
    /// MongoDB, or what speaks its protocol.
    Mongodb,
}

impl FromStr for Kind {
    type Err = &'static str;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        match name {
            "postgresql" => Ok(Self::Postgresql),
            "mongodb" => Ok(Self::Mongodb),
            _ => Err("it has to be postgresql or mongodb"),
        }
    }
}
