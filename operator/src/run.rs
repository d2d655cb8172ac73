//! Runs the operator: watches, acquires the Lease, reconciles, and releases the Lease at the end.

use std::{net::SocketAddr, sync::Arc};

use anyhow::{Context as _, bail};
use kube::{Client, Config, client::ClientBuilder};
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::{
    aws::access::AwsNamespaces,
    controller::{
        self, Context,
        caches::{self, Place},
        fence::Fence,
        lease::{self, Candidate},
        remote_cluster::RemoteClusters,
    },
    settings::Settings,
    status_page::{self, Dashboard},
    telemetry,
};

/// How this process runs.
#[derive(Clone, Debug, clap::Args)]
pub struct Options {
    /// Where the status pages, health checks and metrics are served.
    #[arg(long, env = "DASHBOARD_ADDR", default_value = "0.0.0.0:8090")]
    pub dashboard: SocketAddr,

    /// Namespace of the Lease by which several operators agree on who writes. Unset, this one takes itself to be alone.
    #[arg(long, env = "LEASE_NAMESPACE")]
    pub lease_namespace: Option<String>,

    /// The namespaces whose platforms are looked after, separated by commas [default: all]. With names, the operator reads
    /// and writes nowhere else, and needs no rights of the whole cluster.
    #[arg(
        long,
        env = "FDP_WATCH_NAMESPACES",
        value_name = "NAMESPACES",
        value_delimiter = ','
    )]
    pub watch_namespaces: Vec<String>,

    /// Which namespaces may use AWS, and how, as YAML or JSON [default: all, with the operator's own role]:
    /// `{food: {services: [ecr, eks, codeBuild], roleArn: "arn:aws:iam::123456789012:role/food", namePrefix: food-}}`.
    #[arg(long, env = "FDP_AWS_NAMESPACES", value_name = "YAML", value_parser = AwsNamespaces::read)]
    pub aws_namespaces: Option<AwsNamespaces>,

    /// The name under which this operator asks for the Lease; it must be its own.
    #[arg(long, env = "POD_NAME", default_value_t = own_name())]
    pub identity: String,
}

fn own_name() -> String {
    format!("fdp-{:016x}", rand::random::<u64>())
}

/// Runs until the process receives a stop signal.
///
/// # Errors
/// When no cluster is found, when the port of the status pages is in use, and when the Lease is lost: then the process
/// has to restart, because another operator is writing now.
pub async fn run(settings: Settings, options: Options) -> anyhow::Result<()> {
    telemetry::install_logs();
    let metrics = telemetry::install_metrics().context("start to collect metrics")?;
    let config = Config::infer()
        .await
        .context("find a cluster: neither a kubeconfig nor a service account")?;
    let fence = match options.lease_namespace {
        Some(_) => Fence::closed(),
        None => Fence::open(),
    };
    let reader = client(config.clone(), None)?;
    let writer = client(config, Some(&fence))?;
    let stop = stop_on_signal()?;
    let traces = match fdp_trace::Settings::read(|name| std::env::var(name).ok())? {
        Some(settings) => Some(tokio::spawn(fdp_trace::exporter(
            "fdp-operator",
            settings,
            stop.clone(),
        )?)),
        None => None,
    };
    let recent_writes = Arc::default();
    let (caches, mut watches) = caches::start(&reader, &recent_writes, Place::of(&options.watch_namespaces));
    let remote_clusters = RemoteClusters::new(fence.clone(), watches.sender.clone());
    let mut context = Context::new(writer, settings, caches, recent_writes, remote_clusters);
    context.aws.restrict(options.aws_namespaces);
    let context = Arc::new(context);
    tracing::info!(
        version = env!("CARGO_PKG_VERSION"),
        registry = context.settings.image_registry,
        tag = context.settings.image_tag,
        dashboard = %options.dashboard,
        identity = options.identity,
        "operator started"
    );
    let pages = Dashboard {
        platforms: context.caches.shown_platforms.clone(),
        drills: {
            let drills = Arc::clone(&context.caches.drills);
            Arc::new(move |namespace, platform| drills.of(namespace, platform))
        },
        metrics: metrics.clone(),
        changes: Arc::clone(&context.condition_changes),
        waits_for: {
            let context = Arc::clone(&context);
            Arc::new(move || context.caches.waits_for())
        },
    };
    let upkeep = tokio::spawn(telemetry::run_upkeep(metrics));
    let leading = async {
        let Some(namespace) = &options.lease_namespace else {
            telemetry::leading(true);
            controller::run(context, watches.triggered, stop.clone().cancelled_owned()).await;
            return Ok(());
        };
        let mut candidate = Candidate::new(reader, namespace, lease::NAME, options.identity, fence);
        if !candidate.acquire(&stop).await {
            return Ok(());
        }
        telemetry::leading(true);
        let finished = CancellationToken::new();
        let work = async {
            controller::run(context, watches.triggered, stop.clone().cancelled_owned()).await;
            finished.cancel();
            // `Candidate::keep` releases the Lease and ends the select.
            std::future::pending::<()>().await;
        };
        tokio::select! {
            () = work => Ok(()),
            lost = candidate.keep(&finished) => {
                telemetry::leading(false);
                if lost {
                    bail!("lost the lead, so this process starts over");
                }
                Ok(())
            }
        }
    };
    let result = tokio::select! {
        result = leading => result,
        // The server of the pages ends only if its port is in use.
        result = status_page::serve(options.dashboard, pages, std::future::pending()) => {
            result.context("serve the status pages")
        }
        // Watches never end; one that ends has panicked.
        Some(ended) = watches.tasks.join_next() => {
            ended.context("watch the cluster")?;
            bail!("a watch has ended, so this process starts over");
        }
    };
    upkeep.abort();
    stop.cancel();
    if let Some(last_traces) = traces {
        last_traces.await.context("send the last traces")?;
    }
    tracing::info!("operator stopped");
    result
}

/// A client that counts its requests, behind a fence if there is one.
fn client(config: Config, fence: Option<&Fence>) -> anyhow::Result<Client> {
    let builder = ClientBuilder::try_from(config).context("set up the Kubernetes client")?;
    let counted = builder.with_layer(&telemetry::request_counter());
    Ok(match fence {
        Some(fence) => counted.with_layer(fence).build(),
        None => counted.build(),
    })
}

/// A token that is cancelled when the process receives a stop signal.
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
