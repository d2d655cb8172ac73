//! Runs named tests one after another on one platform, and shows the logs when one of them fails.

use crate::Platform;
use anyhow::Result;
use std::process::ExitCode;
use std::time::Instant;

/// A test: what must hold, in words, and how it is tried.
pub type Test = (&'static str, fn(&mut Platform) -> Result<()>);

/// What the command line asks for, in the manner of Rust's own test runner.
#[derive(Debug, Default, PartialEq, Eq)]
struct Arguments {
    list: bool,
    exact: bool,
    filters: Vec<String>,
}

impl Arguments {
    fn read(words: impl Iterator<Item = String>) -> Self {
        let mut arguments = Self::default();
        for word in words {
            match word.as_str() {
                "--list" => arguments.list = true,
                "--exact" => arguments.exact = true,
                // Tests share one platform: how many threads, and whether output is caught, has no meaning.
                flag if flag.starts_with('-') => {}
                filter => arguments.filters.push(filter.to_owned()),
            }
        }
        arguments
    }

    fn choose(&self, name: &str) -> bool {
        self.filters.is_empty()
            || self.filters.iter().any(|filter| {
                if self.exact {
                    name == filter
                } else {
                    name.contains(filter.as_str())
                }
            })
    }
}

/// Runs those of `tests` that the command line names (all, if it names none).
pub fn run(tests: &[Test]) -> ExitCode {
    let arguments = Arguments::read(std::env::args().skip(1));
    let chosen: Vec<&Test> = tests.iter().filter(|(name, _)| arguments.choose(name)).collect();
    if arguments.list {
        for (name, _) in &chosen {
            println!("{name}: test");
        }
        return ExitCode::SUCCESS;
    }
    if chosen.is_empty() {
        println!("no test has a name like that");
        return ExitCode::SUCCESS;
    }
    let started = Instant::now();
    let mut platform = match Platform::start() {
        Ok(platform) => platform,
        Err(error) => {
            println!("the platform does not start: {error:#}");
            return ExitCode::FAILURE;
        }
    };
    println!("platform up in {:.1} s", started.elapsed().as_secs_f64());
    let mut failed = 0;
    for (name, test) in &chosen {
        failed += u32::from(!passes(&mut platform, name, *test));
    }
    if failed > 0 {
        platform.keep_directory();
    }
    drop(platform);
    println!(
        "{} tests, {failed} failed, {:.1} s",
        chosen.len(),
        started.elapsed().as_secs_f64()
    );
    if failed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn passes(platform: &mut Platform, name: &str, test: fn(&mut Platform) -> Result<()>) -> bool {
    let started = Instant::now();
    let result = test(platform).and_then(|()| platform.all_run());
    let seconds = started.elapsed().as_secs_f64();
    match result {
        Ok(()) => {
            println!("test {name} ... ok ({seconds:.1} s)");
            true
        }
        Err(error) => {
            println!("test {name} ... FAILED ({seconds:.1} s)\n  {error:#}");
            println!("{}", platform.last_words());
            if let Err(error) = platform.repair() {
                println!("  and the platform could not be repaired: {error:#}");
            }
            false
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Arguments {
        Arguments::read(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn without_a_filter_every_test_is_chosen() {
        assert!(read("--nocapture").choose("an order reaches the door"));
    }

    #[test]
    fn a_filter_chooses_by_part_or_exactly() {
        assert!(read("door").choose("an order reaches the door"));
        assert!(!read("door --exact").choose("an order reaches the door"));
        assert!(!read("window").choose("an order reaches the door"));
    }
}
