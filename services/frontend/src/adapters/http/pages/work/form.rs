//! The fields that the forms of owners and riders have in common.

use fdp_contracts::{OrderId, check_text, composed};

/// The fields of a form as sent: names and values.
pub(super) type Fields = [(String, String)];

/// The value of a field without spaces around it; empty if it is missing.
pub(super) fn value<'a>(fields: &'a Fields, name: &str) -> &'a str {
    let field = fields.iter().find(|(given, _)| given == name);
    field.map_or("", |(_, value)| value.trim())
}

/// The order that a form is about.
pub(super) fn order_id(fields: &Fields) -> Option<OrderId> {
    value(fields, "order").parse().ok()
}

/// A text that services accept: composed, not too long, of characters that can be seen.
pub(super) fn text(given: &str) -> Option<String> {
    let text = composed(given.trim());
    (!text.is_empty() && check_text("text", &text).is_ok()).then(|| text.into_owned())
}

/// An amount of won, as people write it: `18000`, `18,000` or `₩18,000`.
pub(super) fn won(given: &str) -> Option<u64> {
    let digits = given.trim().trim_start_matches('₩').replace(',', "");
    let won: u64 = digits.parse().ok()?;
    i64::try_from(won).is_ok().then_some(won)
}

/// What was typed about a reason: a usual one, and words of one's own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct TypedReason {
    /// The words of the usual reason that was chosen; empty if none was.
    pub(super) usual: String,
    /// The other words.
    pub(super) own: String,
}

impl TypedReason {
    /// What a form says.
    pub(super) fn of(fields: &Fields) -> Self {
        Self {
            usual: value(fields, "reason").to_owned(),
            own: value(fields, "words").to_owned(),
        }
    }

    /// The reason: somebody's own words count before a usual one.
    pub(super) fn reason(&self) -> Option<String> {
        text(&self.own).or_else(|| text(&self.usual).filter(|_| self.own.is_empty()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason(usual: &str, own: &str) -> Option<String> {
        let typed = TypedReason {
            usual: usual.to_owned(),
            own: own.to_owned(),
        };
        typed.reason()
    }

    #[test]
    fn words_of_ones_own_count_before_a_usual_reason() {
        assert_eq!(reason("too busy", "").as_deref(), Some("too busy"));
        assert_eq!(
            reason("", " 오븐이 고장났어요 ").as_deref(),
            Some("오븐이 고장났어요")
        );
        assert_eq!(reason("too busy", "no rice").as_deref(), Some("no rice"));
        assert_eq!(reason("", " "), None);
    }

    #[test]
    fn an_amount_is_read_as_people_write_it() {
        for given in ["18000", " 18,000 ", "₩18,000"] {
            assert_eq!(won(given), Some(18_000), "{given}");
        }
        for wrong in ["", "-1", "1.5", "cheap", "18446744073709551615"] {
            assert_eq!(won(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn words_that_cannot_be_stored_are_no_reason() {
        assert_eq!(reason("too busy", &"긴".repeat(201)), None);
        assert_eq!(reason("", "a\u{202e}b"), None);
    }
}
