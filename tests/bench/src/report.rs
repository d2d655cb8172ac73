//! Prints figures, each with its target and whether it is met.

/// The target of a figure.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Target {
    AtLeast(f64),
    AtMost(f64),
}

impl Target {
    fn is_met(self, figure: f64) -> bool {
        match self {
            Self::AtLeast(bound) => figure >= bound,
            Self::AtMost(bound) => figure <= bound,
        }
    }
}

pub(crate) fn heading(words: &str) {
    println!("\n{words}");
}

/// Prints a figure without a target.
pub(crate) fn figure(words: &str, figure: f64, unit: &str) {
    println!("  {}", line(words, figure, unit));
}

/// Prints a figure with its target.
pub(crate) fn against(words: &str, figure: f64, unit: &str, target: Target) {
    let sign = match target {
        Target::AtLeast(bound) => format!("≥ {bound}"),
        Target::AtMost(bound) => format!("≤ {bound}"),
    };
    let met = if target.is_met(figure) { "met" } else { "MISSED" };
    println!("  {}   target {sign:<8} {met}", line(words, figure, unit));
}

fn line(words: &str, figure: f64, unit: &str) -> String {
    format!("{words:<58} {figure:>10.2} {unit:<7}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_met_at_its_bound_and_missed_beyond() {
        assert!(Target::AtLeast(170.0).is_met(170.0) && !Target::AtLeast(170.0).is_met(169.9));
        assert!(Target::AtMost(20.0).is_met(20.0) && !Target::AtMost(20.0).is_met(20.1));
        assert!(!Target::AtMost(20.0).is_met(f64::NAN));
    }
}
