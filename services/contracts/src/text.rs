//! Ids, names and reasons that people type: short enough to travel in any event, and nothing that no store can keep.

/// The most characters that an id, a name or a reason may have.
pub const LONGEST_TEXT: usize = 200;

/// Why a text is none that can be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidText {
    /// It is too long.
    #[error("{field} is longer than {LONGEST_TEXT} characters")]
    TooLong {
        /// Which.
        field: &'static str,
    },
    /// PostgreSQL could not keep it, and nobody types it.
    #[error("{field} holds a control character")]
    ControlCharacter {
        /// Which.
        field: &'static str,
    },
}

/// Looks whether `value` can be kept and passed on; `field` is what its sender calls it.
///
/// # Errors
/// With what is wrong with it, in words for its sender.
pub fn check_text(field: &'static str, value: &str) -> Result<(), InvalidText> {
    if value.chars().count() > LONGEST_TEXT {
        return Err(InvalidText::TooLong { field });
    }
    if value.chars().any(char::is_control) {
        return Err(InvalidText::ControlCharacter { field });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_person_would_type_is_kept() {
        assert_eq!(check_text("name", &"통".repeat(LONGEST_TEXT)), Ok(()));
        assert_eq!(check_text("name", ""), Ok(()));
    }

    #[test]
    fn what_is_too_long_or_no_text_is_refused_by_its_name() {
        let long = check_text("reason", &"x".repeat(LONGEST_TEXT + 1)).unwrap_err();
        assert_eq!(long.to_string(), "reason is longer than 200 characters");
        let zero = check_text("productId", "a\0b").unwrap_err();
        assert_eq!(zero.to_string(), "productId holds a control character");
    }
}
