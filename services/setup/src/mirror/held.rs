//! What a partition of the new topic holds already: a copy that was interrupted, messages of an earlier time, or foreign ones.

use rdkafka::message::{Headers as _, Message};
use std::collections::{HashMap, VecDeque};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

/// What tells one message from another: its key, its content and its headers.
pub(super) fn fingerprint(message: &impl Message) -> u64 {
    let mut hasher = DefaultHasher::new();
    message.key().hash(&mut hasher);
    message.payload().hash(&mut hasher);
    for header in message.headers().into_iter().flat_map(|headers| headers.iter()) {
        (header.key, header.value).hash(&mut hasher);
    }
    hasher.finish()
}

/// The messages of a partition of the new topic that nobody has asked for yet.
#[derive(Debug, Clone, Default)]
pub(super) struct Held {
    offsets: HashMap<u64, VecDeque<i64>>,
    /// The first offset that was asked for.
    first_found: Option<i64>,
}

impl Held {
    pub(super) fn note(&mut self, fingerprint: u64, offset: i64) {
        self.offsets.entry(fingerprint).or_default().push_back(offset);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.offsets.is_empty()
    }

    /// The offset of a message that is there already; each counts once.
    pub(super) fn take(&mut self, fingerprint: u64) -> Option<i64> {
        let offset = self.offsets.get_mut(&fingerprint)?.pop_front()?;
        self.first_found = Some(self.first_found.map_or(offset, |first| first.min(offset)));
        Some(offset)
    }

    /// After everything was asked for: how many messages the old topic never had. What lies before the first one that both
    /// have is older than what the old topic still keeps.
    pub(super) fn foreign(&self) -> usize {
        let left = self.offsets.values().flatten();
        left.filter(|offset| self.first_found.is_none_or(|first| **offset > first))
            .count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The messages of a partition, from its offset 10 on.
    fn held(messages: &[u64]) -> Held {
        let mut held = Held::default();
        for (offset, message) in (10..).zip(messages) {
            held.note(*message, offset);
        }
        held
    }

    #[test]
    fn what_an_interrupted_copy_has_written_is_found_once() {
        let mut held = held(&[1, 2, 2]);
        assert_eq!(held.take(1), Some(10));
        assert_eq!(
            (held.take(2), held.take(2), held.take(2)),
            (Some(11), Some(12), None)
        );
        assert_eq!(held.take(3), None);
        assert_eq!(held.foreign(), 0);
    }

    #[test]
    fn what_the_old_topic_no_longer_keeps_is_not_foreign() {
        let mut held = held(&[1, 2, 3]);
        assert_eq!(held.take(3), Some(12));
        assert_eq!(held.foreign(), 0);
    }

    #[test]
    fn what_the_old_topic_never_had_is_foreign() {
        let mut mixed = held(&[1, 7, 2]);
        mixed.take(1);
        mixed.take(2);
        assert_eq!(mixed.foreign(), 1);
        let mut later = held(&[1, 7]);
        later.take(1);
        assert_eq!(later.foreign(), 1);
        assert_eq!(held(&[7, 8]).foreign(), 2, "nothing of ours");
    }
}
