//! Adds colours to output on a terminal, and only there.

use std::io::IsTerminal as _;

/// A colour of text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colour {
    Red,
    Green,
    Yellow,
    Blue,
    Grey,
}

impl Colour {
    fn code(self) -> u8 {
        match self {
            Self::Red => 31,
            Self::Green => 32,
            Self::Yellow => 33,
            Self::Blue => 34,
            Self::Grey => 90,
        }
    }
}

/// Whether to add colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Paint {
    coloured: bool,
}

impl Paint {
    /// Never colours.
    pub const PLAIN: Self = Self { coloured: false };
    /// Always colours.
    pub const COLOURED: Self = Self { coloured: true };

    /// Colours if standard output is a terminal that can show it and `NO_COLOR` is unset or empty.
    pub fn for_standard_output() -> Self {
        let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let dumb = std::env::var_os("TERM").is_some_and(|terminal| terminal == "dumb");
        Self {
            coloured: std::io::stdout().is_terminal() && !refused && !dumb,
        }
    }

    /// The text in that colour.
    pub fn colour(self, colour: Colour, text: &str) -> String {
        if self.coloured && !text.is_empty() {
            format!("\x1b[{}m{text}\x1b[0m", colour.code())
        } else {
            text.to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_text_stays_as_it_is() {
        assert_eq!(Paint::PLAIN.colour(Colour::Red, "a"), "a");
    }

    #[test]
    fn coloured_text_ends_its_colour() {
        assert_eq!(Paint::COLOURED.colour(Colour::Red, "a"), "\x1b[31ma\x1b[0m");
        assert_eq!(Paint::COLOURED.colour(Colour::Red, ""), "");
    }
}
