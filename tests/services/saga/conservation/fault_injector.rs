//! Injects faults while customers order: the seed determines which, and the number of orders determines when.

use super::turnstile::Turnstile;
use anyhow::{Context, Result};
use fdp_test_services::kafka::Record;
use fdp_test_services::services::{names, subscriptions, topic};
use fdp_test_services::{Platform, Random};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::ops::Range;

/// The number of tried orders for each fault.
const ORDERS_EACH: u64 = 50;
/// The maximum number of tries before a killed process is restarted.
const MEANWHILE: u64 = 4;
/// The minimum number of tries before a suspended pay is resumed: a second or two.
const HANGING: u64 = 8;
/// The number of further faults during which pay stays slow.
const SLOW_FOR: usize = 2;
/// The maximum number of messages of each partition that are repeated at a time.
const AGAIN: i64 = 40;
const ORDER_TOPIC: &str = "fooddelivery.order";

/// A fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Event {
    /// Kills a service or a server, and restarts it.
    Kill(&'static str),
    /// Kills a server, and a little later all services, which cannot finish their work in progress.
    Everything(&'static str),
    /// Makes some responses of pay slower than its deadline, and others fail.
    SlowPay,
    /// Suspends pay.
    HangPay,
    /// Publishes old messages of a topic again.
    Again,
    /// Repeats the messages that a consumer missed while it was dead, in any order and partition, twice.
    Scrambled,
    /// Publishes old changes of orders again with new ids.
    Retold,
}

/// Every fault, once or several times.
pub(crate) fn all_faults() -> Vec<Event> {
    let mut events: Vec<Event> = names().map(Event::Kill).to_vec();
    // Services that consume and publish events are killed once more.
    events.extend(
        [
            "pay",
            "order",
            "store",
            "delivery",
            "inventory",
            "customer",
            "frontend",
        ]
        .map(Event::Kill),
    );
    events.extend(["postgres", "kafka"].map(Event::Kill));
    events.extend(["postgres", "kafka"].map(Event::Everything));
    events.extend([Event::SlowPay; 4]);
    events.extend([Event::HangPay; 3]);
    events.extend([Event::Again; 4]);
    events.extend([Event::Scrambled; 5]);
    events.extend([Event::Retold; 3]);
    events
}

/// Faults of the order service and what it depends on.
pub(crate) fn around_orders() -> Vec<Event> {
    let mut events = vec![Event::Kill("order"); 4];
    events.extend([
        Event::HangPay,
        Event::SlowPay,
        Event::Again,
        Event::Scrambled,
        Event::Retold,
    ]);
    events
}

/// Injects faults into one platform.
#[derive(Debug)]
pub(crate) struct FaultInjector<'a> {
    platform: &'a mut Platform,
    random: Random,
    turnstile: &'a Turnstile,
    slow_until: Option<usize>,
    seen: BTreeMap<String, u32>,
}

impl<'a> FaultInjector<'a> {
    /// A fault injector; `seed` determines its choices.
    pub(crate) fn new(platform: &'a mut Platform, seed: u64, turnstile: &'a Turnstile) -> Self {
        Self {
            platform,
            random: Random::new(seed),
            turnstile,
            slow_until: None,
            seen: BTreeMap::new(),
        }
    }

    /// Runs `orders` tries while the `events` happen in random order, as often as the number of orders requires;
    /// returns how often each kind happened.
    pub(crate) fn inject(mut self, events: &[Event], orders: u64) -> Result<BTreeMap<String, u32>> {
        let count = usize::try_from((orders / ORDERS_EACH).max(1))?;
        let mut all = Vec::new();
        while all.len() < count {
            let mut round = events.to_vec();
            self.random.shuffle(&mut round);
            all.extend(round);
        }
        all.truncate(count);
        let each = orders / count as u64;
        for (number, event) in all.into_iter().enumerate() {
            // New tries are allowed before the previous ones are used up, but not so early that the buyers get ahead
            // of the faults.
            self.turnstile.wait_left(each / 2)?;
            self.turnstile.let_in(each);
            self.turnstile
                .wait_passed(1 + self.random.below((each / 2).max(1)))?;
            if self.slow_until.is_some_and(|until| until <= number) {
                self.calm_pay()?;
            }
            self.strike(event, number).with_context(|| format!("{event:?}"))?;
        }
        self.calm_pay()?;
        self.turnstile.let_in(orders % count as u64);
        self.turnstile.wait_empty()?;
        Ok(self.seen)
    }

    fn strike(&mut self, event: Event, number: usize) -> Result<()> {
        let words = format!("{event:?}");
        let kind = words.split('(').next().unwrap_or_default().to_owned();
        *self.seen.entry(kind).or_default() += 1;
        match event {
            Event::Kill(victim) => {
                self.crash(victim)?;
                self.wait_a_little()?;
                self.bring_back(victim)
            }
            Event::Everything(first) => self.everything(first),
            Event::SlowPay => {
                self.slow_until = Some(number + SLOW_FOR);
                self.slow_pay()
            }
            Event::HangPay => {
                self.platform.hang_service("pay")?;
                self.turnstile.wait_passed(HANGING + self.random.below(HANGING))?;
                self.platform.resume_service("pay")
            }
            Event::Again => self.again(),
            Event::Scrambled => self.scrambled(),
            Event::Retold => self.retold(),
        }
    }

    fn wait_a_little(&mut self) -> Result<()> {
        self.turnstile.wait_passed(1 + self.random.below(MEANWHILE))
    }

    fn crash(&mut self, victim: &str) -> Result<()> {
        match victim {
            "postgres" => self.platform.postgres().crash(),
            "kafka" => self.platform.kafka().crash(),
            service => self.platform.crash_service(service),
        }
    }

    fn bring_back(&mut self, victim: &str) -> Result<()> {
        match victim {
            "postgres" => {
                self.platform.postgres().start()?;
                self.platform.postgres().wait_ready()
            }
            "kafka" => {
                self.platform.kafka().start()?;
                self.platform.kafka().wait_ready()
            }
            service => {
                self.platform.start_service(service)?;
                self.platform.wait_ready(service)
            }
        }
    }

    fn everything(&mut self, first: &str) -> Result<()> {
        self.crash(first)?;
        self.wait_a_little()?;
        for name in names() {
            self.platform.crash_service(name)?;
        }
        self.crash(if first == "kafka" { "postgres" } else { "kafka" })?;
        // The services first, so that they have to wait for their dependencies.
        for name in names() {
            self.platform.start_service(name)?;
        }
        self.bring_back("kafka")?;
        self.bring_back("postgres")?;
        names().iter().try_for_each(|name| self.platform.wait_ready(name))
    }

    fn slow_pay(&mut self) -> Result<()> {
        let min = self.random.below(600);
        let (delay_at, mode) = (
            if self.random.once_in(2) { "before" } else { "after" },
            if self.random.once_in(2) {
                "error"
            } else {
                "lostAnswer"
            },
        );
        let drill = json!({
            "delayMs": {"min": min, "max": 700 + self.random.below(700)},
            "delayAt": delay_at,
            "failureRate": f64::from(u32::try_from(self.random.below(30))?) / 100.0,
            "mode": mode,
            // The longest: it is ended when enough orders have been tried.
            "forSeconds": 3600,
        });
        let drills = self.platform.drills();
        drills.send("PUT", "/drills", &[], Some(&drill))?.expect(200)?;
        Ok(())
    }

    fn calm_pay(&mut self) -> Result<()> {
        self.slow_until = None;
        self.platform.drills().delete("/drills")?.expect(204)?;
        Ok(())
    }

    /// A range of old messages in each partition.
    fn old(&mut self, topic: &str) -> Result<Vec<Record>> {
        let random = &mut self.random;
        self.platform.kafka().excerpt(topic, |all: Range<i64>| {
            let length = u64::try_from(all.end - all.start).unwrap_or_default();
            let skipped = i64::try_from(random.below(length.max(1))).unwrap_or_default();
            let start = all.start + skipped;
            start..all.end.min(start + AGAIN)
        })
    }

    fn again(&mut self) -> Result<()> {
        let topic = self.random.pick(&topic::EVENTS).context("there are topics")?;
        let mut old = self.old(topic)?;
        self.random.shuffle(&mut old);
        let copies = old.iter().map(|record| (None, record));
        self.platform.kafka().publish_copies(topic, copies)
    }

    fn scrambled(&mut self) -> Result<()> {
        let (consumer, topics) = self
            .random
            .pick(&subscriptions())
            .context("there are consumers")?;
        let topic = self.random.pick(topics).context("it subscribes to something")?;
        self.platform.crash_service(consumer)?;
        self.turnstile
            .wait_passed(MEANWHILE + self.random.below(HANGING))?;
        let kafka = self.platform.kafka();
        let partitions = kafka.partitions(topic)?;
        let mut missed = kafka.excerpt(topic, |all| all.start.max(all.end - AGAIN)..all.end)?;
        self.random.shuffle(&mut missed);
        let scattered: Vec<(Option<i32>, &Record)> = missed
            .iter()
            .map(|record| (self.random.pick(&partitions), record))
            .collect();
        self.platform.kafka().publish_copies(topic, scattered)?;
        self.bring_back(consumer)
    }

    fn retold(&mut self) -> Result<()> {
        let mut old = self.old(ORDER_TOPIC)?;
        self.random.shuffle(&mut old);
        for record in &mut old {
            let mut event: Value = serde_json::from_str(&record.payload).context("reading an event")?;
            let id = event["id"].as_str().context("an event without an id")?;
            // The first half of the id, with the time, is kept.
            let new = format!("{}{:012x}", &id[..id.len() - 12], self.random.below(1 << 48));
            event["id"] = new.into();
            record.payload = event.to_string();
        }
        let copies = old.iter().map(|record| (None, record));
        self.platform.kafka().publish_copies(ORDER_TOPIC, copies)
    }
}
