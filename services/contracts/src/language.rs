//! The languages that customers read, and amounts of money in them.

/// A language that customers read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// 한국어.
    Korean,
    /// English, also for customers who read neither.
    English,
}

impl Language {
    /// Its code (ISO 639-1).
    pub fn code(self) -> &'static str {
        self.pick("ko", "en")
    }

    /// The language with exactly this code.
    pub fn from_code(code: &str) -> Option<Self> {
        [Self::Korean, Self::English]
            .into_iter()
            .find(|language| language.code() == code)
    }

    /// The language of a tag: its code, in upper or lower case, with or without a region.
    pub fn from_tag(tag: &str) -> Option<Self> {
        Self::from_code(&tag.split('-').next()?.trim().to_ascii_lowercase())
    }

    /// Returns the text in this language.
    pub fn pick<T>(self, korean: T, english: T) -> T {
        match self {
            Self::Korean => korean,
            Self::English => english,
        }
    }
}

/// An amount in won, with separators: ₩10,000.
pub fn won(amount: u64) -> String {
    let digits = amount.to_string();
    let mut text = String::from("₩");
    for (position, digit) in digits.char_indices() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn won_are_grouped_in_thousands() {
        for (amount, expected) in [
            (0, "₩0"),
            (950, "₩950"),
            (10_000, "₩10,000"),
            (123_456, "₩123,456"),
            (1_234_567, "₩1,234,567"),
        ] {
            assert_eq!(won(amount), expected);
        }
    }
}
