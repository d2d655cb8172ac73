//! `fdp`: runs the operator, and prints what it would do without a cluster.

use std::{
    io::{Read as _, Write as _},
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::Context as _;
use clap::{Parser, Subcommand};
use fdp_operator::{
    controller::{self, Context, caches},
    dashboard::{self, Dashboard},
    render::render,
    settings::Settings,
    telemetry,
};
use kube::{Config, client::ClientBuilder};
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

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

        /// Where the status pages, health checks and metrics are served.
        #[arg(long, env = "DASHBOARD_ADDR", default_value = "0.0.0.0:8090")]
        dashboard: SocketAddr,
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
}

fn main() -> anyhow::Result<()> {
    match Arguments::parse().command {
        Command::Run { settings, dashboard } => run(settings, dashboard),
        Command::Crds => print(&fdp_crds::definitions_yaml()?),
        Command::Render { settings, file } => print(&render(&read(&file)?, &settings)?),
    }
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
        // The reader, such as `head`, has seen enough.
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        result => result.context("write to standard output"),
    }
}

#[tokio::main]
async fn run(settings: Settings, dashboard: SocketAddr) -> anyhow::Result<()> {
    telemetry::install_logs();
    let metrics = telemetry::install_metrics().context("start to collect metrics")?;
    let config = Config::infer()
        .await
        .context("find a cluster: neither a kubeconfig nor a service account")?;
    let client = ClientBuilder::try_from(config)
        .context("set up the Kubernetes client")?
        .with_layer(&tower::util::MapRequestLayer::new(telemetry::count_request))
        .build();
    let stop = stop_on_signal()?;
    let (caches, watches) = caches::watch(&client);
    let context = Arc::new(Context::new(client, settings, caches));
    tracing::info!(
        version = env!("CARGO_PKG_VERSION"),
        registry = context.settings.image_registry,
        tag = context.settings.image_tag,
        %dashboard,
        "operator started"
    );
    let pages = Dashboard {
        platforms: context.caches.shown_platforms.clone(),
        metrics: metrics.clone(),
        ready: {
            let context = Arc::clone(&context);
            Arc::new(move || context.caches.are_synced())
        },
    };
    let upkeep = tokio::spawn(telemetry::keep_up(metrics));
    let controller = controller::run(context, watches, stop.clone().cancelled_owned());
    let result = tokio::select! {
        // The controller ends on a signal only, the pages if their port is taken.
        () = controller => Ok(()),
        result = dashboard::serve(dashboard, pages, std::future::pending()) => {
            result.context("serve the status pages")
        }
    };
    upkeep.abort();
    tracing::info!("operator stopped");
    result
}

/// A token that is cancelled when the process is asked to end.
fn stop_on_signal() -> anyhow::Result<CancellationToken> {
    let stop = CancellationToken::new();
    let mut terminate = signal(SignalKind::terminate()).context("listen for the termination signal")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("listen for the interrupt signal")?;
    let stopping = stop.clone();
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        stopping.cancel();
    });
    Ok(stop)
}
