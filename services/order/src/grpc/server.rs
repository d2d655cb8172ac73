//! The gRPC server: its own port, with health and reflection, drained together with the service.

use super::Adapter;
use super::wire::{self, order_service_server::OrderServiceServer};
use crate::app::Orders;
use fdp_kit::Health;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tonic::server::NamedService as _;
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;
use tonic_health::ServingStatus;
use tonic_health::server::HealthReporter;

/// How long calls under way (an endless health watch among them) may take after the service was told to stop.
const DRAIN: Duration = Duration::from_secs(20);

/// What keeps gRPC from being served.
#[derive(Debug, thiserror::Error)]
pub enum GrpcError {
    /// The port is taken.
    #[error("serving gRPC on port {port}: {source}")]
    Listen {
        /// `GRPC_PORT`.
        port: u16,
        /// What the system said.
        source: std::io::Error,
    },
    /// The protocol's description cannot be read.
    #[error("describing the gRPC services: {0}")]
    Describe(#[from] tonic_reflection::server::Error),
    /// Serving failed.
    #[error("serving gRPC: {0}")]
    Serve(#[from] tonic::transport::Error),
}

/// Takes `port` on `address`, or on all addresses, IPv6 and IPv4.
///
/// # Errors
/// When the port is taken.
pub async fn listen(address: Option<IpAddr>, port: u16) -> Result<TcpListener, GrpcError> {
    let bound = match address {
        Some(address) => TcpListener::bind((address, port)).await,
        None => match TcpListener::bind((Ipv6Addr::UNSPECIFIED, port)).await {
            // A host without IPv6.
            Err(_) => TcpListener::bind((Ipv4Addr::UNSPECIFIED, port)).await,
            bound => bound,
        },
    };
    bound.map_err(|source| GrpcError::Listen { port, source })
}

/// Serves `orders` until `stop` fires, and lets calls under way finish. A call whose deadline passes is given up, as
/// if its caller had gone.
///
/// # Errors
/// When serving fails.
pub async fn serve(
    listener: TcpListener,
    orders: Orders,
    health: Health,
    stop: CancellationToken,
) -> Result<(), GrpcError> {
    let (reporter, health_service) = tonic_health::server::health_reporter();
    let descriptions = || {
        tonic_reflection::server::Builder::configure()
            .register_encoded_file_descriptor_set(wire::DESCRIPTORS)
            .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
    };
    let adapter = Adapter {
        orders,
        health: health.clone(),
    };
    let server = Server::builder()
        .add_service(OrderServiceServer::new(adapter))
        .add_service(health_service)
        .add_service(descriptions().build_v1()?)
        // What older tools ask for.
        .add_service(descriptions().build_v1alpha()?)
        .serve_with_incoming_shutdown(
            TcpIncoming::from(listener).with_nodelay(Some(true)),
            stop.clone().cancelled_owned(),
        );
    let drained = async {
        report(&health, &reporter, &stop).await;
        tokio::time::sleep(DRAIN).await;
    };
    tokio::select! {
        ended = server => ended?,
        () = drained => tracing::warn!("some gRPC calls did not finish in time"),
    }
    Ok(())
}

/// Tells gRPC's health service what the service's own health says, until stopped.
async fn report(health: &Health, reporter: &HealthReporter, stop: &CancellationToken) {
    let mut ready = health.changes();
    loop {
        let is_ready = *ready.borrow_and_update() && !stop.is_cancelled();
        let status = if is_ready {
            ServingStatus::Serving
        } else {
            ServingStatus::NotServing
        };
        // The empty name stands for the whole server.
        for service in ["", OrderServiceServer::<Adapter>::NAME] {
            reporter.set_service_status(service, status).await;
        }
        if stop.is_cancelled() {
            return;
        }
        tokio::select! {
            changed = ready.changed() => if changed.is_err() { stop.cancelled().await },
            () = stop.cancelled() => {}
        }
    }
}
