//! Reports to the user what is being done and how long it took.

use std::io::{IsTerminal as _, stderr};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

/// Receives the progress of a long task.
pub trait Progress: Sync {
    /// A new stage begins, and the previous one is done.
    fn stage(&self, title: &str);
    /// A detail of the current stage.
    fn detail(&self, text: &str);
}

/// Reports nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Progress for Silent {
    fn stage(&self, _title: &str) {}
    fn detail(&self, _text: &str) {}
}

/// Writes stages to standard error: a line that is updated on a terminal, plain lines otherwise.
#[derive(Debug)]
pub struct Terminal {
    start: Instant,
    bar: Option<ProgressBar>,
    current: Mutex<Option<(String, Instant)>>,
}

impl Terminal {
    /// Starts the timer.
    pub fn new() -> Self {
        let bar = stderr().is_terminal().then(|| {
            let bar = ProgressBar::new_spinner();
            if let Ok(style) = ProgressStyle::with_template("{spinner} {prefix} {elapsed} {msg:.dim}") {
                bar.set_style(style);
            }
            bar.enable_steady_tick(Duration::from_millis(120));
            bar
        });
        Self {
            start: Instant::now(),
            bar,
            current: Mutex::new(None),
        }
    }

    /// Ends the last stage and reports the total time.
    pub fn finish(&self, summary: &str) {
        self.end_stage();
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
        eprintln!("{summary} ({})", seconds(self.start.elapsed()));
    }

    fn end_stage(&self) {
        let Ok(mut current) = self.current.lock() else {
            return;
        };
        let Some((title, begun)) = current.take() else {
            return;
        };
        let took = seconds(begun.elapsed());
        match &self.bar {
            Some(bar) => bar.suspend(|| eprintln!("✔ {title} ({took})")),
            None => eprintln!("[{:>6}] {title}: done in {took}", seconds(self.start.elapsed())),
        }
    }
}

impl Default for Terminal {
    fn default() -> Self {
        Self::new()
    }
}

impl Progress for Terminal {
    fn stage(&self, title: &str) {
        self.end_stage();
        if let Ok(mut current) = self.current.lock() {
            *current = Some((title.to_owned(), Instant::now()));
        }
        if let Some(bar) = &self.bar {
            bar.reset_elapsed();
            bar.set_prefix(title.to_owned());
            bar.set_message("");
        } else {
            eprintln!("[{:>6}] {title}", seconds(self.start.elapsed()));
        }
    }

    fn detail(&self, text: &str) {
        match &self.bar {
            Some(bar) => bar.set_message(text.to_owned()),
            None => eprintln!("[{:>6}]   {text}", seconds(self.start.elapsed())),
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

/// `75.2` seconds as `1m15s`, `5.24` as `5.2s`.
fn seconds(duration: Duration) -> String {
    let whole = duration.as_secs();
    if whole >= 60 {
        format!("{}m{:02}s", whole / 60, whole % 60)
    } else {
        format!("{:.1}s", duration.as_secs_f32())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elapsed_time_reads_well() {
        assert_eq!(seconds(Duration::from_millis(5240)), "5.2s");
        assert_eq!(seconds(Duration::from_secs(75)), "1m15s");
    }
}
