//! The command line: `fdp-cluster up`, `down`, `status`, `load`, `kubeconfig`, `kubectl`.

use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use clap::{Args, Parser, Subcommand};
use fdp_cluster::{Cluster, ClusterOptions, Forward, Lifetime, Terminal};

/// Run a real Kubernetes cluster on this machine, and remove all of it afterwards.
#[derive(Debug, Parser)]
#[command(version)]
struct Cli {
    /// The name of the cluster within this checkout.
    #[arg(long, global = true, default_value = "local", env = "FDP_CLUSTER")]
    name: String,
    #[command(subcommand)]
    command: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Start the cluster, or check the running one.
    Up(Up),
    /// Print what would make `up` fail, and change nothing.
    Preflight(Up),
    /// Only build Kubernetes.
    Build,
    /// Stop the cluster and remove everything it created.
    Down,
    /// Print whether the cluster is running, and its address.
    Status,
    /// Import the images in OCI archives into every node.
    Load {
        /// The OCI archives.
        #[arg(required = true)]
        archives: Vec<PathBuf>,
    },
    /// Print the path of the kubeconfig.
    Kubeconfig,
    /// Run kubectl against the cluster.
    Kubectl {
        /// The arguments for kubectl.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    #[command(hide = true)]
    Keep { spec: PathBuf },
    #[command(hide = true)]
    Supervise { spec: PathBuf },
}

#[derive(Debug, Args)]
struct Up {
    /// The number of nodes.
    #[arg(long, default_value_t = 1)]
    nodes: u8,
    /// The loopback port of the API server; 0 picks a free one.
    #[arg(long, default_value_t = 16443)]
    api_port: u16,
    /// `LOOPBACK_PORT:NODE_PORT`, may be repeated.
    #[arg(long, value_parser = forward)]
    forward: Vec<Forward>,
}

impl Up {
    fn options(self, name: String) -> ClusterOptions {
        ClusterOptions {
            name,
            nodes: self.nodes,
            api_port: self.api_port,
            forwards: self.forward,
            lifetime: Lifetime::Detached,
        }
    }
}

fn forward(text: &str) -> Result<Forward> {
    let (loopback_port, node_port) = text
        .split_once(':')
        .context("write it as LOOPBACK_PORT:NODE_PORT")?;
    Ok(Forward {
        loopback_port: loopback_port.parse()?,
        node_port: node_port.parse()?,
    })
}

fn main() -> ExitCode {
    match run(Cli::parse()) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: Cli) -> Result<ExitCode> {
    let name = cli.name;
    match cli.command {
        Action::Up(up) => {
            let progress = Terminal::new();
            let cluster = fdp_cluster::up(&up.options(name), &progress)?;
            progress.finish(&format!(
                "The cluster is up: export KUBECONFIG={}",
                cluster.kubeconfig().display()
            ));
        }
        Action::Preflight(up) => {
            let problems = fdp_cluster::preflight(&up.options(name));
            for problem in &problems {
                println!("{problem}");
            }
            return Ok(if problems.is_empty() {
                ExitCode::SUCCESS
            } else {
                ExitCode::FAILURE
            });
        }
        Action::Build => {
            let progress = Terminal::new();
            let binaries = fdp_cluster::build(&progress)?;
            progress.finish(&format!(
                "Kubernetes is built: {}",
                binaries.directory().display()
            ));
        }
        Action::Down => fdp_cluster::down(&name)?,
        Action::Status => return status(&name),
        Action::Load { archives } => running(&name)?.load(&archives)?,
        Action::Kubeconfig => println!("{}", running(&name)?.kubeconfig().display()),
        Action::Kubectl { arguments } => return Err(running(&name)?.kubectl().args(arguments).exec().into()),
        Action::Keep { spec } => fdp_cluster::processes::keep(&spec)?,
        Action::Supervise { spec } => fdp_cluster::processes::supervise(&spec)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn running(name: &str) -> Result<Cluster> {
    match fdp_cluster::find(name) {
        Some(cluster) => Ok(cluster),
        None => {
            bail!("no cluster {name} of this checkout runs — start it with `fdp-cluster --name {name} up`")
        }
    }
}

fn status(name: &str) -> Result<ExitCode> {
    let Some(cluster) = fdp_cluster::find(name) else {
        println!("cluster {name}: not running");
        return Ok(ExitCode::FAILURE);
    };
    println!("cluster {name}: running, {} nodes", cluster.nodes().len());
    println!("API server: https://127.0.0.1:{}", cluster.api_port());
    for forward in cluster.forwards() {
        println!(
            "127.0.0.1:{} forwards to node port {}",
            forward.loopback_port, forward.node_port
        );
    }
    println!("kubeconfig: {}", cluster.kubeconfig().display());
    println!("logs: {}", cluster.state().join("logs").display());
    cluster
        .kubectl()
        .args(["get", "nodes,pods", "--all-namespaces"])
        .status()
        .context("running kubectl")?;
    Ok(ExitCode::SUCCESS)
}
