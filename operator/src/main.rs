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
        diff::{DiffError, command::DiffArguments},
        drill::command::{DrillArguments, DrillCommand},
        eks::{self, KubeconfigArguments, TokenArguments},
        leave::command::LeaveArguments,
        paint::Paint,
        render,
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
    /// Tell what remains of platforms when they are deleted, and let those go that wait for an operator that is gone.
    ///
    /// Ends with 0 if none waits, 1 if one does, 2 on errors.
    Leave(LeaveArguments),
    /// Run resilience drills, and show what they have shown.
    Drill(DrillArguments),
    /// Print a kubeconfig for the cluster that a platform has at EKS; it calls this program for tokens.
    Kubeconfig(KubeconfigArguments),
    /// Print a token for a cluster at EKS, as kubectl asks for it.
    EksToken(TokenArguments),
}

fn main() -> ExitCode {
    let result = match arguments().command {
        Command::Run { settings, options } => operate(settings, options),
        Command::Crds => crds(),
        Command::Render { settings, file } => render(&file, &settings),
        Command::Diff(arguments) => diff(&arguments),
        Command::Status(arguments) => status(&arguments),
        Command::Leave(arguments) => leave(&arguments),
        Command::Drill(arguments) => drill(&arguments),
        Command::Kubeconfig(arguments) => kubeconfig(&arguments),
        Command::EksToken(arguments) => eks_token(&arguments),
    };
    exit_code(result)
}

fn arguments() -> Arguments {
    // A plugin is called as `kubectl fdp`, so its help has to say that.
    let command = Arguments::command().bin_name(connect::program());
    Arguments::from_arg_matches(&command.get_matches()).unwrap_or_else(|error| error.exit())
}

fn crds() -> anyhow::Result<u8> {
    print(&fdp_crds::definitions_yaml()?)
}

fn render(file: &Path, settings: &Settings) -> anyhow::Result<u8> {
    let text = read(file)?;
    let objects = render::render(&text, settings).with_context(|| name_of(file))?;
    print(&objects)
}

#[tokio::main(flavor = "current_thread")]
async fn diff(arguments: &DiffArguments) -> anyhow::Result<u8> {
    let text = read(&arguments.file)?;
    let paint = Paint::for_standard_output();
    fdp_operator::cli::diff::command::run(arguments, &text, paint, &mut std::io::stdout())
        .await
        .map_err(|error| match error {
            DiffError::Platform(error) => anyhow::Error::from(error).context(name_of(&arguments.file)),
            other => other.into(),
        })
}

#[tokio::main(flavor = "current_thread")]
async fn status(arguments: &StatusArguments) -> anyhow::Result<u8> {
    Ok(fdp_operator::cli::status::command::run(arguments).await?)
}

#[tokio::main(flavor = "current_thread")]
async fn leave(arguments: &LeaveArguments) -> anyhow::Result<u8> {
    let (text, code) = Box::pin(fdp_operator::cli::leave::command::run(arguments)).await?;
    print(&text)?;
    Ok(code)
}

#[tokio::main(flavor = "current_thread")]
async fn drill(arguments: &DrillArguments) -> anyhow::Result<u8> {
    use fdp_operator::cli::drill::{command, run::parse};
    let paint = Paint::for_standard_output();
    match &arguments.command {
        DrillCommand::Run(run) => {
            let drills = match &run.file {
                Some(file) => parse(&read(file)?).with_context(|| name_of(file))?,
                None => Vec::new(),
            };
            let output = &mut std::io::stdout();
            Ok(Box::pin(command::run_all(run, drills, paint, output)).await?)
        }
        DrillCommand::List(list) => print(&command::list(list, paint).await?),
        DrillCommand::Show(show) => print(&command::show(show, paint).await?),
    }
}

#[tokio::main(flavor = "current_thread")]
async fn kubeconfig(arguments: &KubeconfigArguments) -> anyhow::Result<u8> {
    print(&Box::pin(eks::kubeconfig(arguments)).await?)
}

#[tokio::main(flavor = "current_thread")]
async fn eks_token(arguments: &TokenArguments) -> anyhow::Result<u8> {
    print(&format!("{}\n", eks::eks_token(arguments).await?))
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

/// What a person calls the file.
fn name_of(file: &Path) -> String {
    if file == Path::new("-") {
        "standard input".to_owned()
    } else {
        file.display().to_string()
    }
}

fn read(file: &Path) -> anyhow::Result<String> {
    let read = || {
        if file == Path::new("-") {
            let mut text = String::new();
            std::io::stdin().read_to_string(&mut text).map(|_| text)
        } else {
            std::fs::read_to_string(file)
        }
    };
    read().with_context(|| format!("read {}", name_of(file)))
}

fn print(text: &str) -> anyhow::Result<u8> {
    match std::io::stdout().write_all(text.as_bytes()) {
        // The reader, such as `head`, has closed the pipe.
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(0),
        result => result.map(|()| 0).context("write to standard output"),
    }
}

#[tokio::main]
async fn operate(settings: Settings, options: run::Options) -> anyhow::Result<u8> {
    run::run(settings, options).await?;
    Ok(0)
}
