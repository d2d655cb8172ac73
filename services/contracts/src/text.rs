//! Validates ids, names and reasons that people enter: short enough for every event, and valid in every data store.

/// The most characters that an id, a name or a reason may have.
pub const LONGEST_TEXT: usize = 200;

/// Why a text is invalid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidText {
    /// It is too long.
    #[error("{field} is longer than {LONGEST_TEXT} characters")]
    TooLong {
        /// The name of the field.
        field: &'static str,
    },
    /// PostgreSQL cannot store some control characters, and people do not type any.
    #[error("{field} holds a control character")]
    ControlCharacter {
        /// The name of the field.
        field: &'static str,
    },
}

/// Checks that `value` can be stored and published; `field` is the field's name in error messages.
///
/// # Errors
/// The reason, in words for the client.
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
