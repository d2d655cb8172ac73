//! The filters of a webhook, which decide which events of the repository start builds.

use std::collections::BTreeSet;

use crate::aws::codebuild::sources;

/// Groups of filters. An event that matches all filters of one group starts a build.
pub type Filters = BTreeSet<BTreeSet<Filter>>;

/// A condition on an event.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Filter {
    /// Such as `HEAD_REF`.
    pub kind: String,
    pub pattern: String,
    /// Whether it accepts the events that do not match the pattern.
    pub inverted: bool,
}

/// Filters that accept pushes to that branch which touch what the service is made of, and nothing else: no tags, no pull
/// requests.
pub fn pushes_to(branch: &str, service: &str) -> Filters {
    let filter = |kind: &str, pattern: String| Filter {
        kind: kind.to_owned(),
        pattern,
        inverted: false,
    };
    // The pattern is a regular expression; the dot is the only special character that a branch name may contain.
    let head = format!("^refs/heads/{}$", branch.replace('.', r"\."));
    let group = BTreeSet::from([
        filter("EVENT", "PUSH".to_owned()),
        filter("FILE_PATH", sources::pattern(service)),
        filter("HEAD_REF", head),
    ]);
    BTreeSet::from([group])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pushes_to_exactly_that_branch_and_service_start_builds() {
        let filters = pushes_to("release/1.2", "pay");
        let paths = sources::pattern("pay");
        let words: Vec<_> = filters
            .iter()
            .flatten()
            .map(|filter| (filter.kind.as_str(), filter.pattern.as_str(), filter.inverted))
            .collect();
        assert_eq!(
            words,
            [
                ("EVENT", "PUSH", false),
                ("FILE_PATH", paths.as_str(), false),
                ("HEAD_REF", r"^refs/heads/release/1\.2$", false)
            ]
        );
    }
}
