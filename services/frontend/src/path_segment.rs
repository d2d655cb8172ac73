//! One segment of a URL's path: ids may hold anything, and become part of a path nevertheless.

use std::fmt::Write;

/// The text as one segment of a path. `.` and `..` would be read as steps between folders however they are written, and are
/// no ids of anything: they become the empty segment, which leads nowhere.
pub(crate) fn path_segment(text: &str) -> String {
    if matches!(text, "." | "..") {
        return String::new();
    }
    text.bytes().fold(String::new(), |mut encoded, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
        encoded
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_cannot_leave_its_segment() {
        assert_eq!(path_segment("store-1"), "store-1");
        assert_eq!(path_segment("a/b?c=ㄱ"), "a%2Fb%3Fc%3D%E3%84%B1");
        assert_eq!(path_segment(".."), "");
    }
}
