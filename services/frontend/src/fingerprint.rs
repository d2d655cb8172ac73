//! Short fingerprints of content, for cache busting and idempotency keys.

use sha2::{Digest, Sha256};
use std::fmt::Write;

/// The first `length` bytes of the SHA-256 hash of the concatenated `parts`, in hexadecimal.
pub(crate) fn fingerprint(parts: &[&[u8]], length: usize) -> String {
    let digest = parts.iter().fold(Sha256::new(), Digest::chain_update).finalize();
    digest.iter().take(length).fold(String::new(), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
