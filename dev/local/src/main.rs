//! The command line `fdp-local`, which the Makefile calls.

use anyhow::Result;
use clap::{Parser, Subcommand};
use fdp_cluster::{Cluster, Lifetime, Terminal};
use fdp_local::options::{self, DASHBOARD_PORT, Where};
use fdp_local::reach::Reach;
use fdp_local::target::{self, NAME};
use fdp_local::{install, up};
use std::process::ExitCode;

/// Run the whole platform on this machine, and remove it again.
#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Start a Kubernetes cluster, the operator and a platform, and deliver an order.
    Up,
    /// Remove everything that `up` started.
    Down,
    /// Print the path of the kubeconfig.
    Kubeconfig,
    /// Print the names of the nodes, each in a line.
    Nodes,
    /// Install missing packages, and report what cannot be installed.
    Prepare {
        /// Also install what the tests need: database servers, a browser.
        #[arg(long)]
        for_tests: bool,
    },
}

fn main() -> ExitCode {
    match run(&Arguments::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\n{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: &Command) -> Result<()> {
    let place = options::read(|name| std::env::var(name).ok())?;
    match command {
        Command::Up => bring_up(&place),
        Command::Down => take_down(&place),
        Command::Kubeconfig => kubeconfig(),
        Command::Nodes => nodes(),
        Command::Prepare { for_tests } => prepare(*for_tests),
    }
}

fn bring_up(place: &Where) -> Result<()> {
    let progress = Terminal::new();
    let platform = up::bring_up(place, NAME, Lifetime::Detached, &progress)?;
    let reach = Reach::find(&platform.kubectl, &platform.address)?;
    let order = up::first_order(&reach.shop, &progress)?;
    progress.finish("Everything is up");
    let address = &platform.address;
    if reach.is_forwarded() {
        println!("\n{address} cannot be reached from this machine; the order went through a port-forward:");
        println!(
            "  kubectl port-forward -n {} service/{}-gateway 8080",
            install::NAMESPACE,
            install::PLATFORM
        );
    }
    println!("\n  the shop            {address}");
    println!("  that first order    {address}/shop/orders/{order}");
    println!("  the status page     http://127.0.0.1:{DASHBOARD_PORT}");
    if let Some(kubeconfig) = platform.target.kubeconfig() {
        println!("  kubeconfig          {}", kubeconfig.display());
    }
    println!("\nTry:");
    if platform.target.kubeconfig().is_some() {
        println!("  export KUBECONFIG=$(make kubeconfig)");
    }
    if !on_path("kubectl") {
        println!("  alias kubectl={}", platform.kubectl.program().display());
    }
    println!("  kubectl get fdp -A");
    println!(
        "  curl -s -X POST {address}/orders -H 'Content-Type: application/json' -d '{{\"item\":\"통닭\",\"storeId\":1}}'"
    );
    println!(
        "  kubectl delete pod -n {} {}-kafka-0     # and watch it recover",
        install::NAMESPACE,
        install::PLATFORM
    );
    println!("\n`make down` removes everything again.");
    Ok(())
}

fn on_path(program: &str) -> bool {
    std::env::var_os("PATH")
        .is_some_and(|path| std::env::split_paths(&path).any(|folder| folder.join(program).is_file()))
}

fn take_down(place: &Where) -> Result<()> {
    match place {
        Where::Own { .. } => {
            fdp_cluster::down(NAME)?;
            println!("the cluster and everything that it started were removed");
        }
        Where::Current { images } => {
            let kubectl = target::Target::Current {
                images: images.clone(),
            }
            .kubectl();
            install::uninstall(&kubectl)?;
            println!("the platform and the operator were removed from the cluster of the current context");
        }
    }
    Ok(())
}

fn kubeconfig() -> Result<()> {
    println!("{}", running()?.kubeconfig().display());
    Ok(())
}

fn nodes() -> Result<()> {
    let kubectl = target::Target::Own(running()?).kubectl();
    print!("{}", kubectl.run(&["get", "nodes", "--output=name"])?);
    Ok(())
}

fn running() -> Result<Cluster> {
    fdp_cluster::find(NAME).ok_or_else(|| {
        anyhow::anyhow!("no local cluster is running from this checkout; start one with `make up`")
    })
}

fn prepare(for_tests: bool) -> Result<()> {
    let place = Where::Own {
        api_port: 0,
        nodes: 1,
        istio: false,
    };
    target::preflight(&place, "prepare")?;
    fdp_cluster::install_missing(&Terminal::new())?;
    fdp_local::packages::for_building()?;
    if for_tests {
        fdp_local::packages::for_tests()?;
    }
    println!("this machine has everything that is needed");
    Ok(())
}
