//! What a server prints: its address in the first line of its output, and the last lines of its errors.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read};
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

/// The number of its last lines that are kept.
const WORDS: usize = 40;

/// The last lines that a server has written to standard error.
#[derive(Debug, Clone, Default)]
pub(crate) struct Words(Arc<Mutex<VecDeque<String>>>);

impl Words {
    /// Reads `pipe` until it is closed.
    pub(crate) fn listen(&self, pipe: impl Read + Send + 'static) {
        let words = self.clone();
        thread::spawn(move || {
            for line in BufReader::new(pipe).lines().map_while(Result::ok) {
                let mut lines = words.0.lock().unwrap_or_else(PoisonError::into_inner);
                if lines.len() == WORDS {
                    lines.pop_front();
                }
                lines.push_back(line);
            }
        });
    }

    pub(crate) fn last(&self) -> String {
        let lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lines.iter().cloned().collect::<Vec<_>>().join("\n")
    }
}

/// The first line of `output`, or the part of it before it was closed. The rest is read too, so that the writer never
/// blocks.
pub(crate) fn first_line(output: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut output = BufReader::new(output);
        let mut line = String::new();
        // A line that cannot be read is treated like no address.
        let _ = output.read_line(&mut line);
        let _ = sender.send(line);
        let _ = std::io::copy(&mut output, &mut std::io::sink());
    });
    receiver
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    const TIMEOUT: Duration = Duration::from_secs(20);

    #[test]
    fn the_first_line_is_enough_and_none_is_no_line() {
        let line = |output: &'static str| first_line(output.as_bytes()).recv_timeout(TIMEOUT).unwrap();
        assert_eq!(line("mongodb://here\nand more"), "mongodb://here\n");
        assert_eq!(line(""), "");
    }

    #[test]
    fn the_last_words_are_bounded() {
        let words = Words::default();
        let (sender, heard) = mpsc::channel();
        let lines: Vec<String> = (0..100).map(|number| format!("line {number}")).collect();
        let many = lines.join("\n");
        let speaker = words.clone();
        speaker.listen(Spoken(many.into_bytes().into(), sender));
        heard.recv_timeout(TIMEOUT).unwrap_err();
        let last = words.last();
        assert!(
            last.starts_with("line 60\n") && last.ends_with("line 99"),
            "{last}"
        );
    }

    /// Bytes, and a sender that is dropped once they have been read.
    struct Spoken(
        VecDeque<u8>,
        #[expect(dead_code, reason = "its end is the message")] mpsc::Sender<()>,
    );

    impl Read for Spoken {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            self.0.read(buffer)
        }
    }
}
