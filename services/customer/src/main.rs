//! The customer service: reads the configuration, wires the adapters to the use cases, and serves.

use customer::MIGRATIONS;
use customer::adapters::events::OrderEvents;
use customer::adapters::http::{self, AppState};
use customer::adapters::kakao::{Kakao, KakaoSettings};
use customer::adapters::storage::{PgAttempts, PgContacts, PgNotifications, RETAINED};
use customer::application::RecordNotifications;
use customer::application::sender::{Sender, SenderConfig};
use fdp_catalogue::Service;
use fdp_http::Serve as _;
use fdp_storage::{OpenDatabase as _, Outbox};
use std::sync::Arc;
use tokio::sync::Notify;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    fdp_messaging::dead_letters::run_if_asked(Service::Customer.name())?;
    let mut service = fdp_runtime::Service::of(Service::Customer)?;
    let pool = service.database(&MIGRATIONS)?;
    let recording = if let Some(settings) = KakaoSettings::from_environment()? {
        let wake = Arc::new(Notify::new());
        let kakao = Arc::new(Kakao::new(settings, pool.clone())?);
        let (health, stop) = (service.health().clone(), service.stopping());
        let sender = Sender::new(
            Arc::new(PgAttempts(pool.clone())),
            kakao,
            SenderConfig::default(),
            Arc::clone(&wake),
            health.informative("kakao"),
        );
        service.spawn(sender.run(health, stop));
        RecordNotifications::sent_by(wake)
    } else {
        tracing::info!("KAKAO_REST_API_KEY is not set: messages stay in the local outbox");
        RecordNotifications::default()
    };
    let (events, silent) = (
        OrderEvents::new(recording),
        Outbox::silent(Service::Customer.name()),
    );
    service.consume(Service::Customer.consumes(), &pool, &silent, events)?;
    service.retain(&pool, &RETAINED)?;
    let state = AppState {
        messages: Arc::new(PgNotifications(pool.clone())),
        contacts: Arc::new(PgContacts(pool)),
    };
    service.serve(http::routes(state)).await?;
    Ok(())
}
