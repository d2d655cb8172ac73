//! The command line of the images: build, push, list.

use std::path::PathBuf;

use clap::{Parser, Subcommand};
use fdp_images::{BuildOptions, DEFAULT_PREFIX, ImageSet};

/// OCI images of the food-delivery platform, without Docker.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// The directory for layers, archives and downloads; `FDP_CACHE` by default.
    #[arg(long, global = true, value_name = "DIR")]
    cache: Option<PathBuf>,
    #[command(subcommand)]
    command: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Build every image that has changed.
    Build {
        /// The directory with the compiled programs.
        #[arg(long, value_name = "DIR")]
        binaries: PathBuf,
        /// The prefix of references.
        #[arg(long, default_value = DEFAULT_PREFIX)]
        prefix: String,
    },
    /// Push the images to a registry.
    Push {
        /// For example registry.example/acme/food.
        #[arg(value_name = "REGISTRY/PREFIX")]
        destination: String,
    },
    /// Install a tool from a Python package, and print the directory of its environment.
    PythonTool {
        /// Its name on `PyPI`.
        package: String,
        /// Its exact version.
        version: String,
    },
    /// Print the images of the last build.
    List,
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let cache = arguments.cache.unwrap_or_else(fdp_checkout::cache);
    match arguments.command {
        Action::Build { binaries, prefix } => {
            let options = BuildOptions {
                binaries,
                cache,
                prefix,
            };
            let set = fdp_images::build(&options, &mut |line| eprintln!("{line}"))?;
            print(&set);
        }
        Action::Push { destination } => {
            fdp_images::push(&fdp_images::load(&cache)?, &destination)?;
        }
        Action::PythonTool { package, version } => {
            let home = fdp_images::python_tool(&cache, &package, &version, &mut |line| eprintln!("{line}"))?;
            println!("{}", home.display());
        }
        Action::List => print(&fdp_images::load(&cache)?),
    }
    Ok(())
}

fn print(set: &ImageSet) {
    for image in &set.images {
        println!("{} {} {}", image.reference, image.digest, image.archive.display());
    }
}
