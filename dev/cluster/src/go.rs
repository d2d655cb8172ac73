//! Compiles programs of a Go module and reports progress.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use crate::command::describe;
use crate::error::{Error, Result};
use crate::progress::Progress;
use crate::text::last_lines;

/// What to compile, and how. The programs are static and without debug symbols.
#[derive(Clone, Copy, Debug)]
pub struct Build<'a> {
    /// The directory with `go.mod`.
    pub module: &'a Path,
    /// The packages of the programs.
    pub packages: &'a [&'a str],
    /// Build tags, separated by commas.
    pub tags: &'a str,
    /// Linker flags, in addition to those that strip symbols.
    pub link_flags: &'a str,
    /// The file of the program, or a directory, with a trailing slash.
    pub output: &'a Path,
}

impl Build<'_> {
    /// Compiles. That takes minutes when nothing is cached.
    pub fn run(self, progress: &dyn Progress) -> Result<()> {
        // `-v` prints each package as it is compiled: the only sign of progress in these minutes.
        let mut command = Command::new("go");
        command
            .current_dir(self.module)
            .env("CGO_ENABLED", "0")
            // The compiler collects garbage less often and omits debug information that the linker would remove
            // anyway: together this saves a fifth of the processor time. Tracebacks of the programs stay complete.
            .env("GOGC", "400")
            .args(["build", "-v", "-trimpath", "-buildvcs=false", "-mod=readonly"])
            .arg("-gcflags=all=-dwarf=false")
            .args(["-tags", self.tags])
            .args(["-ldflags", format!("-s -w {}", self.link_flags).trim_end(), "-o"])
            .arg(self.output)
            .args(self.packages)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        let program = describe(&command);
        let start_error = |source| Error::Start {
            program: program.clone(),
            source,
        };
        let mut child = command.spawn().map_err(start_error)?;
        let mut output = String::new();
        let mut compiled = 0;
        for line in child
            .stderr
            .take()
            .into_iter()
            .flat_map(|stderr| BufReader::new(stderr).lines())
            .flatten()
        {
            compiled += 1;
            if compiled % 100 == 0 {
                progress.detail(&format!("{compiled} packages compiled, now {line}"));
            }
            output.push_str(&line);
            output.push('\n');
        }
        let status = child.wait().map_err(start_error)?;
        if status.success() {
            return Ok(());
        }
        Err(Error::Program {
            program: program.clone(),
            status: status.to_string(),
            output: last_lines(&output, 20),
        })
    }
}
