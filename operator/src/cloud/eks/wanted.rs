//! The cluster that should be there.

use std::fmt;

use crate::plan::validated;

/// The cluster that should be there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    pub name: String,
    pub version: Version,
    pub subnets: Vec<String>,
    pub nodes: NodeGroup,
    /// Add-ons by name, in the version that AWS recommends.
    pub add_ons: Vec<String>,
}

/// A group of nodes of one kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeGroup {
    pub name: String,
    pub instance_types: Vec<String>,
    pub size: Size,
}

/// How many nodes there are, and may be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Size {
    pub desired: i32,
    pub min: i32,
    pub max: i32,
}

/// A minor version of Kubernetes, such as 1.34; EKS has no others, and only ever goes to the next one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version {
    pub major: u32,
    pub minor: u32,
}

impl From<&validated::Eks> for Wanted {
    fn from(eks: &validated::Eks) -> Self {
        let group = &eks.node_group;
        Self {
            name: eks.name.clone(),
            version: Version::read(&eks.version),
            subnets: eks.subnets.clone(),
            nodes: NodeGroup {
                name: group.name.clone(),
                instance_types: group.instance_types.clone(),
                size: Size {
                    desired: group.desired,
                    min: group.min,
                    max: group.max,
                },
            },
            add_ons: eks.add_ons.clone(),
        }
    }
}

impl Version {
    /// Reads `1.34`. What cannot be read is older than any.
    pub fn read(text: &str) -> Self {
        let numbers = text
            .split_once('.')
            .and_then(|(major, minor)| Some((major.parse().ok()?, minor.parse().ok()?)));
        numbers.map_or(Self::default(), |(major, minor)| Self { major, minor })
    }

    /// The one after it.
    #[must_use]
    pub fn next(self) -> Self {
        Self {
            minor: self.minor + 1,
            ..self
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}.{}", self.major, self.minor)
    }
}

impl fmt::Display for Size {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{} nodes of {} to {}",
            self.desired, self.min, self.max
        )
    }
}
