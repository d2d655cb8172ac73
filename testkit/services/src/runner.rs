//! Runs named tests sequentially on one platform, and prints the logs when one of them fails.

use crate::Platform;
use anyhow::Result;
use libtest_mimic::{Arguments, Failed, Trial};
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

/// A test: its name, and its function.
pub type Test = (&'static str, fn(&mut Platform) -> Result<()>);

/// Runs those of `tests` that the command line names (all if it names none), in their order.
pub fn run(tests: &'static [Test]) -> ExitCode {
    let mut arguments = Arguments::from_args();
    // They share one platform.
    arguments.test_threads = Some(1);
    let platform = Arc::new(Mutex::new(None));
    let trials = tests
        .iter()
        .map(|(name, test)| {
            let platform = Arc::clone(&platform);
            Trial::test(*name, move || try_it(&platform, *test))
        })
        .collect();
    let conclusion = libtest_mimic::run(&arguments, trials);
    if let Some(mut platform) = platform.lock().unwrap_or_else(PoisonError::into_inner).take()
        && conclusion.has_failed()
    {
        Platform::keep_directory(&mut platform);
    }
    conclusion.exit_code()
}

/// Runs one test; the first one starts the platform.
fn try_it(shared: &Mutex<Option<Platform>>, test: fn(&mut Platform) -> Result<()>) -> Result<(), Failed> {
    let mut shared = shared.lock().unwrap_or_else(PoisonError::into_inner);
    let platform = match &mut *shared {
        Some(platform) => platform,
        none => {
            let started = Instant::now();
            let platform =
                Platform::start().map_err(|error| format!("the platform does not start: {error:#}"))?;
            println!("platform up in {:.1} s", started.elapsed().as_secs_f64());
            none.insert(platform)
        }
    };
    test(platform).and_then(|()| platform.all_run()).map_err(|error| {
        let words = platform.last_words();
        let repaired = platform.repair().map_or_else(
            |error| format!("it could not be repaired: {error:#}"),
            |()| String::new(),
        );
        Failed::from(format!("{error:#}\n{words}\n{repaired}"))
    })
}
