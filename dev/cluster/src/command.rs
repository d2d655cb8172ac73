//! Runs short programs to completion, and reports a failure with the program's own error output.

use std::io::Write as _;
use std::process::{Command, Output, Stdio};

use crate::error::{Error, Result};
use crate::text::last_lines;

const LINES_OF_OUTPUT: usize = 12;

/// The program and its arguments, for error messages.
pub(crate) fn describe(command: &Command) -> String {
    std::iter::once(command.get_program())
        .chain(command.get_args())
        .map(|part| part.to_string_lossy())
        .collect::<Vec<_>>()
        .join(" ")
}

/// Runs `command` to completion and returns its standard output.
pub fn run(command: &mut Command) -> Result<String> {
    let program = describe(command);
    let output = command
        .stdin(Stdio::null())
        .output()
        .map_err(|source| Error::Start {
            program: program.clone(),
            source,
        })?;
    succeeded(program, &output)
}

/// Runs `command` to completion with `input` as its standard input and returns its standard output.
pub(crate) fn run_with_input(command: &mut Command, input: &str) -> Result<String> {
    let program = describe(command);
    let start_error = |source| Error::Start {
        program: program.clone(),
        source,
    };
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(start_error)?;
    if let Some(mut stdin) = child.stdin.take() {
        // A program that ends without reading its input explains that on standard error; a broken pipe would hide it.
        let _ = stdin.write_all(input.as_bytes());
    }
    let output = child.wait_with_output().map_err(start_error)?;
    succeeded(program, &output)
}

fn succeeded(program: String, output: &Output) -> Result<String> {
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    Err(Error::Program {
        program,
        status: output.status.to_string(),
        output: last_lines(&String::from_utf8_lossy(&output.stderr), LINES_OF_OUTPUT),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failing_program_is_quoted_with_its_last_words() {
        let error = run(Command::new("sh").args(["-c", "echo no such thing >&2; exit 3"])).unwrap_err();
        let text = error.to_string();
        assert!(text.contains("no such thing"), "{text}");
        assert!(text.contains("exit status: 3"), "{text}");
    }

    #[test]
    fn a_program_reads_its_input() {
        assert_eq!(
            run_with_input(&mut Command::new("cat"), "hello").unwrap(),
            "hello"
        );
    }

    #[test]
    fn a_missing_program_is_named() {
        let error = run(&mut Command::new("no-such-program-here")).unwrap_err();
        assert!(error.to_string().contains("no-such-program-here"));
    }
}
