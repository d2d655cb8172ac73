//! Ids, names and reasons that people enter: what looks the same is the same, short enough for every event, and valid in every
//! data store.

use std::borrow::Cow;
use unicode_normalization::{UnicodeNormalization as _, is_nfc};

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
    /// People cannot tell it from another text: it holds a character that nobody sees, or that turns the order of others round.
    #[error("{field} holds an invisible character")]
    Invisible {
        /// The name of the field.
        field: &'static str,
    },
}

/// The composed form of a text (NFC, Unicode Standard Annex 15): keyboards and file systems write 통닭 in more than one way.
pub fn composed(text: &str) -> Cow<'_, str> {
    if is_nfc(text) {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(text.nfc().collect())
    }
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
    if has_invisible(value) {
        return Err(InvalidText::Invisible { field });
    }
    Ok(())
}

/// Whether a text holds characters without a width, or marks for the direction of writing. One that joins the parts of an emoji
/// may stay.
fn has_invisible(text: &str) -> bool {
    let mut before = None;
    text.chars().any(|character| {
        let joins = character == '\u{200d}' && before.is_some_and(|before| before >= '\u{2190}');
        before = Some(character);
        !joins && is_invisible(character)
    })
}

/// The format characters of Unicode (category Cf) that a person might meet, and fillers of Korean syllables.
fn is_invisible(character: char) -> bool {
    matches!(
        character,
        '\u{ad}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}' | '\u{e0000}'..='\u{e007f}'
    )
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

    #[test]
    fn a_text_that_looks_like_another_one_is_refused_or_the_same() {
        for unseen in [
            "통\u{200b}닭",
            "\u{202e}닭통",
            "\u{3164}",
            "a\u{200d}b",
            "\u{feff}TV",
        ] {
            let refused = check_text("name", unseen).unwrap_err();
            assert_eq!(
                refused.to_string(),
                "name holds an invisible character",
                "{unseen:?}"
            );
        }
        assert_eq!(check_text("name", "👩\u{200d}🍳의 통닭"), Ok(()));
        assert_eq!(
            composed("\u{1110}\u{1169}\u{11bc}\u{1103}\u{1161}\u{11b0}"),
            "통닭"
        );
        assert!(matches!(composed("통닭"), Cow::Borrowed("통닭")));
    }
}
