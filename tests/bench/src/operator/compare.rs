//! Prints the figures of the last release's operator beside those of this checkout's, measured one after the other.

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use fdp_test_operator::process as operator;

use super::measures::Figures;

/// One of the figures.
type Figure = fn(&Figures) -> f64;

const FIGURES: [(&str, &str, Figure); 13] = [
    ("objects of a platform", "", |figures| figures.objects),
    ("from the resource to all of them", "ms", |figures| figures.made),
    ("the same : kubectl apply of the same", "x", |figures| {
        figures.made / figures.kubectl
    }),
    ("memory with one platform", "MB", |figures| {
        figures.with_one.resident
    }),
    ("  of it its own", "MB", |figures| figures.with_one.own),
    ("  at its peak", "MB", |figures| figures.with_one.highest),
    ("200 platforms, until all have their objects", "s", |figures| {
        figures.many.took
    }),
    ("memory with 200 platforms", "MB", |figures| {
        figures.with_many.resident
    }),
    ("  of it its own", "MB", |figures| figures.with_many.own),
    ("  at its peak", "MB", |figures| figures.with_many.highest),
    ("calls for a look that finds nothing to do", "", |figures| {
        figures.calls
    }),
    ("a deleted Deployment is back, p50", "ms", |figures| {
        figures.back[0]
    }),
    ("  p99", "ms", |figures| figures.back[1]),
];

/// Measures both and prints a table. `FDP_LAST_RELEASE` names the checkout of the last release, whose operator is built.
pub(crate) fn compare() -> Result<()> {
    let checkout: PathBuf = std::env::var_os("FDP_LAST_RELEASE")
        .context("FDP_LAST_RELEASE names no checkout: run `make compare`")?
        .into();
    let last = super::figures(&checkout.join("target/release-local/fdp"))?;
    let this = super::figures(&operator::program()?)?;
    println!("{}", line("", "", "last", "this", "this : last"));
    for (words, unit, figure) in FIGURES {
        let (last, this) = (figure(&last), figure(&this));
        let ratio = ratio(this, last);
        println!(
            "{}",
            line(words, unit, &format!("{last:.2}"), &format!("{this:.2}"), &ratio)
        );
    }
    Ok(())
}

/// Two figures that are both 0 have no ratio.
fn ratio(this: f64, last: f64) -> String {
    if last == 0.0 {
        "-".to_owned()
    } else {
        format!("{:.2}", this / last)
    }
}

fn line(words: &str, unit: &str, last: &str, this: &str, ratio: &str) -> String {
    format!("  {words:<46} {last:>10} {this:>10} {unit:<3} {ratio:>11}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_that_was_0_before_has_no_ratio() {
        assert_eq!(ratio(30.0, 40.0), "0.75");
        assert_eq!(ratio(0.0, 0.0), "-");
    }
}
