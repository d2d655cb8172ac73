//! Notifications: one message to the customer for each change of an order.

use customer::app::Notifications;
use customer::consumer::OrderEvents;
use customer::kakao::{Kakao, KakaoSettings};
use customer::sender::{Pace, Sender};
use customer::{MIGRATIONS, http};
use fdp_contracts::topic;
use fdp_kit::Outbox;
use fdp_kit::inbox::PgInbox;
use std::sync::Arc;
use tokio::sync::Notify;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut service = fdp_kit::Service::new("customer", 8086)?;
    let pool = service.database(&MIGRATIONS)?;
    let events = if let Some(settings) = KakaoSettings::from_environment()? {
        let wake = Arc::new(Notify::new());
        let kakao = Arc::new(Kakao::new(settings, pool.clone())?);
        let (health, stop) = (service.health().clone(), service.stopping());
        let sender = Sender::new(
            pool.clone(),
            kakao,
            Pace::default(),
            Arc::clone(&wake),
            health.informative("kakao"),
        );
        service.spawn(sender.run(health, stop));
        OrderEvents::sent_by(wake)
    } else {
        tracing::info!("KAKAO_REST_API_KEY is not set: messages stay in the local outbox");
        OrderEvents::default()
    };
    let inbox = PgInbox::new(pool.clone(), Outbox::silent("customer"), events);
    service.subscribe(&[topic::ORDER], Arc::new(inbox))?;
    service.serve(http::routes(Notifications::new(pool))).await?;
    Ok(())
}
