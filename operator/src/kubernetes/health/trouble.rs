//! What is wrong with a pod or a workload.

use k8s_openapi::jiff::Timestamp;

/// What is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// More specific troubles have a higher weight.
    pub(super) weight: u8,
    /// Which object, and why.
    pub text: String,
    /// Why a version does not run, in few words.
    pub brief: &'static str,
    /// From when on it counts as one that does not end by itself; `None` if it may.
    pub(super) lasts_from: Option<Timestamp>,
}

impl Trouble {
    /// One that may end by itself.
    pub(super) fn passing(weight: u8, text: String) -> Self {
        Self {
            weight,
            text,
            brief: "does not come up",
            lasts_from: None,
        }
    }

    /// Whether it needs somebody to step in.
    pub fn lasts(&self, now: Timestamp) -> bool {
        self.lasts_from.is_some_and(|from| from <= now)
    }
}
