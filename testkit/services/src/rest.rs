//! Waits until no event or payment is in progress.

use crate::platform::Platform;
use crate::services::{subscriptions, with_database};
use anyhow::{Result, bail};
use fdp_test_process::wait;
use std::time::Duration;

impl Platform {
    /// Waits until every outbox is empty and every consumer group has committed all published events. Steps of the
    /// store's and the rider's autopilot are not considered, so wait for the orders to end first.
    ///
    /// # Errors
    /// When it takes longer than `deadline`; the message says what was still in progress.
    pub fn wait_at_rest(&mut self, deadline: Duration) -> Result<()> {
        wait::until("the platform to come to rest", deadline, || {
            self.nothing_unpublished()?;
            for (group, topics) in subscriptions() {
                let lag = self.kafka().lag(group, topics)?;
                if lag > 0 {
                    bail!("{group} has not consumed {lag} events");
                }
            }
            // Events that were consumed meanwhile may have caused further events.
            self.nothing_unpublished().map(Some)
        })
    }

    fn nothing_unpublished(&mut self) -> Result<()> {
        for service in with_database() {
            if !self.lies_in_postgres(service) {
                self.says_that_nothing_is_unpublished(service)?;
                continue;
            }
            let unpublished = self.postgres().number(service, "SELECT count(*) FROM outbox")?;
            if unpublished > 0 {
                bail!("{service} has {unpublished} events to publish");
            }
        }
        Ok(())
    }

    /// Uses the metrics of a service whose outbox is not in PostgreSQL.
    fn says_that_nothing_is_unpublished(&self, service: &str) -> Result<()> {
        let metrics = self.client(service).get("/metrics")?.expect(200)?.plain;
        let mut lines = metrics.lines();
        match lines.find_map(|line| line.strip_prefix("outbox_oldest_unpublished_seconds ")) {
            Some("0") => Ok(()),
            Some(age) => bail!("the oldest unpublished event of {service} is {age} s old"),
            None => bail!("{service} has not checked yet whether it has events to publish"),
        }
    }

    /// Waits until every approved payment has an order: payments without one, after a crash or a timeout, are
    /// returned in the background.
    ///
    /// # Errors
    /// When some payment is still without an order at the `deadline`.
    pub fn wait_no_orphaned_payment(&mut self, deadline: Duration) -> Result<()> {
        let gateway = self.gateway();
        wait::until("every payment to have its order", deadline, || {
            // The payments are read from the database, because nobody knows the id of an order that was never
            // created.
            let approved = self.postgres().query(
                "pay",
                "SELECT 'ord_' || replace(order_id::text, '-', '') AS id FROM payments WHERE state = 'Approved'",
            )?;
            for payment in approved {
                let id = payment["id"].as_str().unwrap_or_default();
                gateway.get(&format!("/orders/{id}"))?.expect(200)?;
            }
            Ok(Some(()))
        })
    }
}
