//! The gRPC server on a port of its own, with health and reflection, drained together with the service.

use crate::adapters::grpc::service::OrderGrpcService;
use crate::adapters::grpc::wire::{self, order_service_server::OrderServiceServer};
use crate::application::Orders;
use fdp_runtime::Health;
use std::net::IpAddr;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tonic::server::NamedService as _;
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;
use tonic_health::ServingStatus;
use tonic_health::server::HealthReporter;

/// How long calls in progress, including endless health watches, may continue after the shutdown begins.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(20);

/// Why gRPC cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum GrpcError {
    /// The port is in use.
    #[error("serving gRPC on port {port}: {source}")]
    Listen {
        /// `GRPC_PORT`.
        port: u16,
        /// The error of the system.
        source: std::io::Error,
    },
    /// The descriptors cannot be read.
    #[error("describing the gRPC services: {0}")]
    Describe(#[from] tonic_reflection::server::Error),
    /// Serving failed.
    #[error("serving gRPC: {0}")]
    Serve(#[from] tonic::transport::Error),
}

/// Listens on `port` of `address`, or of all addresses, IPv6 and IPv4.
///
/// # Errors
/// When the port is in use.
pub async fn listen(address: Option<IpAddr>, port: u16) -> Result<TcpListener, GrpcError> {
    let bound = fdp_runtime::listen(address, port).await;
    bound.map_err(|source| GrpcError::Listen { port, source })
}

/// Serves `orders` until `stop` fires, and lets calls in progress finish. A call whose deadline passes is cancelled, as
/// if its caller had disconnected.
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
    let service = OrderGrpcService {
        orders,
        health: health.clone(),
    };
    let server = Server::builder()
        .add_service(OrderServiceServer::new(service))
        .add_service(health_service)
        .add_service(descriptions().build_v1()?)
        // For older tools.
        .add_service(descriptions().build_v1alpha()?)
        .serve_with_incoming_shutdown(
            TcpIncoming::from(listener).with_nodelay(Some(true)),
            stop.clone().cancelled_owned(),
        );
    let drained = async {
        report(&health, &reporter, &stop).await;
        tokio::time::sleep(DRAIN_TIMEOUT).await;
    };
    tokio::select! {
        ended = server => ended?,
        () = drained => tracing::warn!("some gRPC calls did not finish in time"),
    }
    Ok(())
}

/// Reports the health of the service to gRPC's health service, until stopped.
async fn report(health: &Health, reporter: &HealthReporter, stop: &CancellationToken) {
    let mut ready = health.changes();
    loop {
        let is_ready = *ready.borrow_and_update() && !stop.is_cancelled();
        let status = if is_ready {
            ServingStatus::Serving
        } else {
            ServingStatus::NotServing
        };
        // The empty name means the whole server.
        for service in ["", OrderServiceServer::<OrderGrpcService>::NAME] {
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
