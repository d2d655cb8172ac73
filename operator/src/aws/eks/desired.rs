//! The cluster that a platform needs.

use std::fmt;

use crate::{aws::partition::Partition, spec};

/// The add-on that makes volumes, the only one that needs rights at AWS.
pub const VOLUMES: &str = "aws-ebs-csi-driver";
/// The default number of nodes of a new node group.
const NEW_NODES: i32 = 3;

/// The desired state of a cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Desired {
    pub name: String,
    pub partition: Partition,
    pub version: Version,
    pub subnets: Vec<String>,
    pub nodes: NodeGroup,
    /// Names of add-ons, each in the version that AWS recommends.
    pub add_ons: Vec<String>,
}

/// A node group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeGroup {
    pub name: String,
    pub instance_types: Vec<String>,
    pub scaling: Scaling,
}

/// The limits of a node group, and its desired size if the platform sets it; otherwise an autoscaler or a person sets
/// it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scaling {
    pub desired: Option<i32>,
    pub min: i32,
    pub max: i32,
}

/// The current number of nodes and its limits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Size {
    pub desired: i32,
    pub min: i32,
    pub max: i32,
}

/// A minor version of Kubernetes, such as 1.34. EKS has only minor versions, and upgrades only to the next one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version {
    pub major: u32,
    pub minor: u32,
}

impl Desired {
    /// The cluster of these settings in that region.
    pub fn new(eks: &spec::Eks, region: &str) -> Self {
        let group = &eks.node_group;
        Self {
            name: eks.name.clone(),
            partition: Partition::of(region),
            version: Version::read(&eks.version),
            subnets: eks.subnets.clone(),
            nodes: NodeGroup {
                name: group.name.clone(),
                instance_types: group.instance_types.clone(),
                scaling: Scaling {
                    desired: group.desired,
                    min: group.min,
                    max: group.max,
                },
            },
            add_ons: eks.add_ons.clone(),
        }
    }

    /// Whether the cluster has the add-on that makes volumes.
    pub fn makes_volumes(&self) -> bool {
        self.add_ons.iter().any(|name| name == VOLUMES)
    }
}

impl Scaling {
    /// The size of a new group.
    pub fn initial_size(self) -> Size {
        self.with(NEW_NODES)
    }

    /// The desired size of an existing group.
    pub fn size_for(self, there: Size) -> Size {
        self.with(there.desired)
    }

    /// The size: `nodes` unless the platform sets a number, within the limits.
    fn with(self, nodes: i32) -> Size {
        let Self { desired, min, max } = self;
        Size {
            // No `clamp`, which panics if the minimum is greater than the maximum.
            desired: desired.unwrap_or(nodes).max(min).min(max),
            min,
            max,
        }
    }
}

impl Version {
    /// Parses a version such as `1.34`. Invalid text becomes the oldest version.
    pub fn read(text: &str) -> Self {
        let numbers = text
            .split_once('.')
            .and_then(|(major, minor)| Some((major.parse().ok()?, minor.parse().ok()?)));
        numbers.map_or(Self::default(), |(major, minor)| Self { major, minor })
    }

    /// The next minor version.
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
