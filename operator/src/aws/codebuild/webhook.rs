//! What starts builds: a webhook of a project, which says which events of the repository do.

use std::collections::BTreeSet;

/// Of the events that one of its groups of filters lets through, each starts a build.
pub type Filters = BTreeSet<BTreeSet<Filter>>;

/// A condition that an event has to meet.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Filter {
    /// Such as `HEAD_REF`.
    pub kind: String,
    pub pattern: String,
    /// Whether events meet it that do not match.
    pub inverted: bool,
}

/// A webhook that is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenWebhook {
    pub filters: Filters,
    pub state: State,
}

/// What AWS is doing with a webhook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    Active,
    /// It is being made or deleted; the word is AWS'.
    Busy(String),
    /// It could not be made, for this reason.
    Failed(String),
}

/// Lets pushes to that branch through and nothing else: no tags, no pull requests.
pub fn pushes_to(branch: &str) -> Filters {
    let filter = |kind: &str, pattern: String| Filter {
        kind: kind.to_owned(),
        pattern,
        inverted: false,
    };
    // The pattern is a regular expression, and of what a branch's name may have, only the dot means something else in one.
    let head = format!("^refs/heads/{}$", branch.replace('.', r"\."));
    let group = BTreeSet::from([filter("EVENT", "PUSH".to_owned()), filter("HEAD_REF", head)]);
    BTreeSet::from([group])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pushes_to_exactly_that_branch_start_builds() {
        let filters = pushes_to("release/1.2");
        let words: Vec<_> = filters
            .iter()
            .flatten()
            .map(|filter| (filter.kind.as_str(), filter.pattern.as_str(), filter.inverted))
            .collect();
        assert_eq!(
            words,
            [
                ("EVENT", "PUSH", false),
                ("HEAD_REF", r"^refs/heads/release/1\.2$", false)
            ]
        );
    }
}
