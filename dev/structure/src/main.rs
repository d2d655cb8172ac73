//! Checks how the source files of the workspace use each other.
//!
//! An *arrow* goes from a file to another file that defines an item which a path in the first one names; re-exports
//! are followed to the file that defines the item. Arrows must not form circles, and between layers they go in one
//! direction only. A file may always use its parent modules.
//!
//! It does not see method calls on values, implementations of traits, or paths in templates.

mod arrows;
mod attributes;
mod bindings;
mod circles;
mod items;
mod layers;
mod module_tree;
mod report;
mod resolve;
mod scopes;
#[cfg(test)]
mod tests;
mod tokens;
mod uses;
mod workspace;

use std::{
    io::{ErrorKind, Write},
    path::PathBuf,
    process::ExitCode,
};

use anyhow::{Context, Result, bail};
use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(about = "Checks how the source files of the workspace use each other")]
struct Arguments {
    /// A folder of the workspace.
    #[arg(long, default_value = ".", global = true)]
    root: PathBuf,
    /// The layer rules; dev/structure/layers.yaml of the workspace by default.
    #[arg(long, global = true)]
    layers: Option<PathBuf>,
    /// Treat uses of a file's parent modules like all others.
    #[arg(long, global = true)]
    ancestors: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Print circles and violations of the layer rules; fail if there are any.
    Check,
    /// Print the arrows from, to and inside a file or folder.
    Arrows { path: String },
    /// Print the number of files, arrows and circles.
    Count,
}

fn main() -> Result<ExitCode> {
    let arguments = Arguments::parse();
    let workspace = workspace::read(&arguments.root)?;
    let source = module_tree::read(&workspace)?;
    let mut arrows = arrows::find(&source);
    if arguments.ancestors {
        arrows = arrows.with_ancestors();
    }
    let circles = circles::find(&arrows.graph(source.files.len()));
    let (report, success) = match arguments.command {
        Command::Check => {
            let path = arguments
                .layers
                .unwrap_or_else(|| workspace.root.join("dev/structure/layers.yaml"));
            let text =
                std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
            let violations = layers::check(&layers::read(&text)?, &source, &arrows);
            let report = report::check(&source, &arrows, &circles, &violations)?;
            (report, circles.is_empty() && violations.is_empty())
        }
        Command::Arrows { path } => {
            let path = path.trim_start_matches("./").trim_end_matches('/');
            if !source.files.iter().any(|file| report::is_inside(file, path)) {
                bail!("no source file at {path}, from the root of the workspace");
            }
            (report::arrows_of(&source, &arrows, path)?, true)
        }
        Command::Count => {
            let strict = arrows.clone().with_ancestors();
            let strict = circles::find(&strict.graph(source.files.len()));
            (report::count(&source, &arrows, &circles, &strict)?, true)
        }
    };
    // The reader of the report may close the pipe before its end.
    match std::io::stdout().write_all(report.as_bytes()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(if success {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        }),
    }
}
