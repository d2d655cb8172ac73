//! In which partition of the new topic a message of the old one belongs.

/// The number of partitions of a topic on both sides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Layout {
    pub(super) old: usize,
    pub(super) new: usize,
}

impl Layout {
    /// Whether each partition has its counterpart.
    pub(super) fn is_same(self) -> bool {
        self.old == self.new
    }

    /// The partition for a message. With another number of partitions it is the one where later messages with its key will
    /// go, so that their order is kept.
    pub(super) fn target(self, partition: i32, key: Option<&[u8]>) -> i32 {
        if self.is_same() {
            return partition;
        }
        let count = u32::try_from(self.new).unwrap_or(u32::MAX).max(1);
        let spread = match key {
            Some(key) if !key.is_empty() => crc32(key),
            _ => partition.unsigned_abs(),
        };
        i32::try_from(spread % count).unwrap_or_default()
    }
}

/// The checksum by which librdkafka, the client of all services, assigns keys to partitions.
fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            let carry = crc & 1;
            crc = (crc >> 1) ^ (0xedb8_8320 * carry);
        }
    }
    !crc
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn with_as_many_partitions_each_has_its_counterpart() {
        let layout = Layout { old: 4, new: 4 };
        assert_eq!(layout.target(3, Some(b"ord_1")), 3);
        assert_eq!(layout.target(2, None), 2);
    }

    #[test]
    fn the_checksum_is_the_one_of_the_client() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
        let layout = Layout { old: 4, new: 6 };
        assert_eq!(
            layout.target(0, Some(b"123456789")),
            i32::try_from(0xcbf4_3926_u32 % 6).unwrap()
        );
        assert_eq!(layout.target(3, None), 3);
    }
}
