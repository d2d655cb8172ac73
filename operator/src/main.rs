//! `fdp`: runs the operator, prints what it would do, and shows the state of platforms.

use std::{
    error::Error,
    io::{Read as _, Write as _},
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::Context as _;
use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand};
use fdp_operator::{
    cli::{
        diff::command::DiffArguments,
        eks::{self, KubeconfigArguments, TokenArguments},
        paint::Paint,
        render::render,
        status::command::StatusArguments,
    },
    connect, run,
    settings::Settings,
};

/// The exit code for errors; 1 has another meaning.
const ERROR: u8 = 2;

/// Runs food delivery platforms on Kubernetes.
#[derive(Parser)]
#[command(name = "fdp", version, about, arg_required_else_help = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the operator against the cluster of the current context, or the one it runs in.
    Run {
        #[command(flatten)]
        settings: Settings,

        #[command(flatten)]
        options: run::Options,
    },
    /// Print the definitions of the custom resources, ready for `kubectl apply --server-side -f -`.
    Crds,
    /// Print every object that a platform is made of, without a cluster; passwords are placeholders.
    Render {
        #[command(flatten)]
        settings: Settings,

        /// A YAML file with a FoodDeliveryPlatform, or `-` for standard input.
        #[arg(short, long)]
        file: PathBuf,
    },
    /// Show what the operator would change in the cluster for a file, and change nothing.
    ///
    /// Ends with 0 if nothing differs, 1 if something does, 2 on errors.
    Diff(DiffArguments),
    /// Show how platforms are doing, part by part.
    ///
    /// Ends with 0 if there are some and every one is ready for its current generation, 1 if not, 2 on errors.
    Status(StatusArguments),
    /// Print a kubeconfig for the cluster that a platform has at EKS; it calls this program for tokens.
    Kubeconfig(KubeconfigArguments),
    /// Print a token for a cluster at EKS, as kubectl asks for it.
    EksToken(TokenArguments),
}

fn main() -> anyhow::Result<ExitCode> {
    match arguments().command {
        Command::Run { settings, options } => operate(settings, options)?,
        Command::Crds => print(&fdp_crds::definitions_yaml()?)?,
        Command::Render { settings, file } => print(&render(&read(&file)?, &settings)?)?,
        Command::Diff(arguments) => return Ok(exit_code(diff(&arguments))),
        Command::Status(arguments) => return Ok(exit_code(status(&arguments))),
        Command::Kubeconfig(arguments) => return Ok(exit_code(kubeconfig(&arguments))),
        Command::EksToken(arguments) => return Ok(exit_code(eks_token(&arguments))),
    }
    Ok(ExitCode::SUCCESS)
}

fn arguments() -> Arguments {
    // A plugin is called as `kubectl fdp`, so its help has to say that.
    let command = Arguments::command().bin_name(connect::program());
    Arguments::from_arg_matches(&command.get_matches()).unwrap_or_else(|error| error.exit())
}

#[tokio::main(flavor = "current_thread")]
async fn diff(arguments: &DiffArguments) -> anyhow::Result<u8> {
    let file = read(&arguments.file)?;
    let paint = Paint::for_standard_output();
    Ok(fdp_operator::cli::diff::command::run(arguments, &file, paint, &mut std::io::stdout()).await?)
}

#[tokio::main(flavor = "current_thread")]
async fn status(arguments: &StatusArguments) -> anyhow::Result<u8> {
    Ok(fdp_operator::cli::status::command::run(arguments).await?)
}

#[tokio::main(flavor = "current_thread")]
async fn kubeconfig(arguments: &KubeconfigArguments) -> anyhow::Result<u8> {
    print(&Box::pin(eks::kubeconfig(arguments)).await?)?;
    Ok(0)
}

#[tokio::main(flavor = "current_thread")]
async fn eks_token(arguments: &TokenArguments) -> anyhow::Result<u8> {
    print(&format!("{}\n", eks::eks_token(arguments).await?))?;
    Ok(0)
}

fn exit_code(result: anyhow::Result<u8>) -> ExitCode {
    ExitCode::from(result.unwrap_or_else(|error| {
        // The reader, such as `head`, has closed the pipe.
        if !error.chain().any(is_broken_pipe) {
            eprintln!("error: {}", connect::chain(error.as_ref()));
        }
        ERROR
    }))
}

fn is_broken_pipe(error: &(dyn Error + 'static)) -> bool {
    error
        .downcast_ref::<std::io::Error>()
        .is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
}

fn read(file: &Path) -> anyhow::Result<String> {
    if file == Path::new("-") {
        let mut text = String::new();
        std::io::stdin()
            .read_to_string(&mut text)
            .context("read standard input")?;
        return Ok(text);
    }
    std::fs::read_to_string(file).with_context(|| format!("read {}", file.display()))
}

fn print(text: &str) -> anyhow::Result<()> {
    match std::io::stdout().write_all(text.as_bytes()) {
        // The reader, such as `head`, has closed the pipe.
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        result => result.context("write to standard output"),
    }
}

#[tokio::main]
async fn operate(settings: Settings, options: run::Options) -> anyhow::Result<()> {
    run::run(settings, options).await
}
