//! When a failure counts as one that does not end by itself.

use k8s_openapi::jiff::{SignedDuration, Timestamp};

/// Failures that are closer to each other come from one attempt: the kubelet looks at a pod again as soon as anything of
/// it changes, but tries again only after 10 s.
const APART: SignedDuration = SignedDuration::from_secs(8);

/// How long a kind of failure may be one that passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Patience {
    /// It never passes.
    None,
    /// It passes only if somebody changes something: a second failure, or half a minute, is enough.
    Answered,
    /// It passes when a server or a node comes back. The kubelet asks a registry 10 to 15 s after the first failure, and 33
    /// to 46 s after it: one that was away for 20 s is found only then.
    Unanswered,
    /// It passes when a volume becomes free, which Kubernetes forces after 6 min.
    Volume,
}

impl Patience {
    fn time(self) -> SignedDuration {
        SignedDuration::from_secs(match self {
            Self::None => 0,
            // So that it is told within half a minute, the operator's own look and the write of the status included.
            Self::Answered => 25,
            Self::Unanswered => 60,
            Self::Volume => 420,
        })
    }

    fn failures(self) -> Option<i64> {
        match self {
            Self::Answered => Some(2),
            Self::Unanswered => Some(3),
            Self::None | Self::Volume => None,
        }
    }

    /// The shortest time in which so many failures are attempts of their own.
    fn shortest(self) -> SignedDuration {
        match self {
            Self::Unanswered => SignedDuration::from_secs(30),
            _ => APART,
        }
    }

    /// When these failures count as lasting.
    pub(super) fn ends(self, failures: &Failures) -> Timestamp {
        let in_time = failures.first.checked_add(self.time()).unwrap_or(Timestamp::MAX);
        let are_enough = self.failures().is_some_and(|enough| failures.count >= enough)
            && failures.last.duration_since(failures.first) >= self.shortest();
        if are_enough {
            in_time.min(failures.last)
        } else {
            in_time
        }
    }
}

/// Failures of one kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Failures {
    pub(super) first: Timestamp,
    pub(super) last: Timestamp,
    pub(super) count: i64,
}

impl Failures {
    /// A failure whose time only is known.
    pub(super) fn since(first: Timestamp) -> Self {
        Self {
            first,
            last: first,
            count: 1,
        }
    }
}
