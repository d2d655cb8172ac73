//! A project of CodeBuild, as it should be and as it is, in AWS' own words.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use crate::spec::Variable;

/// A project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Project {
    pub name: String,
    pub source: Source,
    /// The ARN of the role that builds take on.
    pub role: String,
    pub environment: Environment,
    pub cache: Cache,
    pub limits: Limits,
}

/// What is built.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Such as `GITHUB`.
    pub kind: String,
    pub location: String,
    pub branch: String,
    /// The path of the buildspec.
    pub buildspec: String,
}

/// What it is built in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Environment {
    /// Such as `LINUX_CONTAINER`.
    pub kind: String,
    pub compute_type: String,
    pub image: String,
    /// As whom the image is pulled, such as `CODEBUILD`.
    pub pulled_as: String,
    /// Whether Docker runs in it.
    pub privileged: bool,
    pub variables: BTreeMap<String, Variable>,
}

/// What builds leave for the next one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cache {
    /// Such as `LOCAL`.
    pub kind: String,
    /// Where in S3.
    pub location: Option<String>,
    /// What stays on the machine.
    pub modes: BTreeSet<String>,
}

/// What builds may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    pub minutes: i32,
    pub builds_at_once: i32,
}

/// A part of a project that is changed as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    Source,
    Role,
    Environment,
    Cache,
    Limits,
}

impl Project {
    /// The parts in which another one is not like this one.
    pub fn differences(&self, other: &Self) -> Vec<Part> {
        [
            (Part::Source, self.source != other.source),
            (Part::Role, self.role != other.role),
            (Part::Environment, self.environment != other.environment),
            (Part::Cache, self.cache != other.cache),
            (Part::Limits, self.limits != other.limits),
        ]
        .into_iter()
        .filter_map(|(part, differs)| differs.then_some(part))
        .collect()
    }
}

impl Source {
    /// Whether both are the same repository.
    pub fn is_where(&self, other: &Self) -> bool {
        (&self.kind, &self.location) == (&other.kind, &other.location)
    }
}

impl fmt::Display for Part {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Source => "source",
            Self::Role => "service role",
            Self::Environment => "environment",
            Self::Cache => "cache",
            Self::Limits => "limits",
        })
    }
}
