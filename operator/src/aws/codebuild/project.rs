//! A CodeBuild project, desired or actual, in the terms of the AWS API.

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
    /// The ARN of the role that builds assume.
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

/// The environment of a build.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Environment {
    /// Such as `LINUX_CONTAINER`.
    pub kind: String,
    pub compute_type: String,
    pub image: String,
    /// The credentials with which the image is pulled, such as `CODEBUILD`.
    pub pulled_as: String,
    /// Whether builds can run Docker.
    pub privileged: bool,
    pub variables: BTreeMap<String, Variable>,
}

/// What builds cache for the next one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cache {
    /// Such as `LOCAL`.
    pub kind: String,
    /// The location in S3.
    pub location: Option<String>,
    /// What is cached on the build machine.
    pub modes: BTreeSet<String>,
}

/// The limits of builds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    pub minutes: i32,
    pub builds_at_once: i32,
}

/// A part of a project that is updated as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    Source,
    Role,
    Environment,
    Cache,
    Limits,
}

impl Project {
    /// The parts in which the projects differ.
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
    pub fn same_repository(&self, other: &Self) -> bool {
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
