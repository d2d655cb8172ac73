//! The plan of a seed: who orders what, and which faults occur when; a plan can be reduced to what is necessary for a
//! failure.

use crate::endpoint::{Endpoint, Service};
use crate::random::Random;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// There are no planned faults after this.
pub const HEALED: Duration = Duration::from_secs(15);

/// The products on sale.
pub const PRODUCTS: [&str; 2] = ["tv", "rice"];

/// One history, except for random details (such as delays of messages), which follow from the seed too.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The source of all choices.
    pub seed: u64,
    /// The variant of the random details; that of the seed itself is 0. Failures depend on exact times, so a reduced
    /// plan may need another variant to fail.
    pub chances: u64,
    /// The number of processes of each service.
    pub replicas: BTreeMap<Service, u8>,
    /// The clock skews of a service's replicas, in milliseconds.
    pub skew: BTreeMap<(Service, u8), i64>,
    /// The initial stock of each product.
    pub stock: u32,
    /// The purchases, by number.
    pub purchases: BTreeMap<usize, Purchase>,
    /// The faults, by number.
    pub faults: BTreeMap<usize, Fault>,
    /// Restocks: time, product and quantity.
    pub restocks: Vec<(Duration, &'static str, u32)>,
    /// How many of a thousand tickets the owner rejects.
    pub refusals: u64,
    /// How many of a thousand tickets the owner never answers, and how many of a thousand deliveries a rider takes on and
    /// then is not heard of any more.
    pub silence: u64,
}

/// A customer's actions.
#[derive(Debug, Clone)]
pub struct Purchase {
    /// The time of the order.
    pub at: Duration,
    /// The products and quantities; a dish that needs no stock has no product.
    pub lines: Vec<(Option<&'static str>, u32)>,
    /// Whether the request has an `Idempotency-Key`.
    pub keyed: bool,
    /// How many times the same request is sent concurrently.
    pub copies: u64,
    /// How long after the order it is cancelled.
    pub cancels_after: Option<Duration>,
}

/// A temporary fault.
#[derive(Debug, Clone)]
pub struct Fault {
    /// When it begins.
    pub from: Duration,
    /// How long it lasts; for a crash, until the process is restarted.
    pub lasts: Duration,
    pub kind: FaultKind,
}

/// What can fail.
#[derive(Debug, Clone)]
pub enum FaultKind {
    /// A process is killed after this number of further steps.
    Crash(Service, u8, u64),
    /// Two endpoints cannot reach each other.
    Cut(Endpoint, Endpoint),
    /// An endpoint does not respond.
    Away(Endpoint),
    /// This number of a thousand messages between processes get lost.
    Losses(u64),
    /// This number of a thousand messages between processes take up to two seconds.
    Delays(u64),
    /// This number of a thousand responses of databases get lost.
    LostCommits(u64),
    /// This number of a thousand events that a relay publishes are not acknowledged: each may have been stored or
    /// not.
    LostAcknowledgements(u64),
    /// A consumer group receives nothing of one topic.
    Stuck(Service, &'static str),
    /// A consumer group reassigns its partitions.
    Rebalance(Service),
    /// The relay of a service loses its lock and does not know it yet.
    StolenLock(Service),
}

/// The kinds of [`FaultKind`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    Crash,
    Cut,
    Away,
    Losses,
    Delays,
    LostCommits,
    LostAcknowledgements,
    Stuck,
    Rebalance,
    StolenLock,
}

impl Kind {
    pub const ALL: [Self; 10] = [
        Self::Crash,
        Self::Cut,
        Self::Away,
        Self::Losses,
        Self::Delays,
        Self::LostCommits,
        Self::LostAcknowledgements,
        Self::Stuck,
        Self::Rebalance,
        Self::StolenLock,
    ];
}

impl FaultKind {
    pub fn kind(&self) -> Kind {
        match self {
            Self::Crash(..) => Kind::Crash,
            Self::Cut(..) => Kind::Cut,
            Self::Away(_) => Kind::Away,
            Self::Losses(_) => Kind::Losses,
            Self::Delays(_) => Kind::Delays,
            Self::LostCommits(_) => Kind::LostCommits,
            Self::LostAcknowledgements(_) => Kind::LostAcknowledgements,
            Self::Stuck(..) => Kind::Stuck,
            Self::Rebalance(_) => Kind::Rebalance,
            Self::StolenLock(_) => Kind::StolenLock,
        }
    }
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (from, lasts) = (self.from.as_secs_f64(), self.lasts.as_secs_f64());
        write!(f, "from {from:.3} s for {lasts:.3} s: ")?;
        match &self.kind {
            FaultKind::Crash(service, replica, steps) => {
                write!(f, "{} {replica} dies after {steps} steps", service.name())
            }
            FaultKind::Cut(one, other) => write!(f, "nothing passes between {one} and {other}"),
            FaultKind::Away(place) => write!(f, "{place} is away"),
            FaultKind::Losses(share) => write!(f, "{share} of 1000 messages get lost"),
            FaultKind::Delays(share) => write!(f, "{share} of 1000 messages are late"),
            FaultKind::LostCommits(share) => write!(f, "{share} of 1000 answers of databases get lost"),
            FaultKind::LostAcknowledgements(share) => {
                write!(f, "{share} of 1000 published events are not acknowledged")
            }
            FaultKind::Stuck(group, topic) => write!(f, "{} gets nothing from {topic}", group.name()),
            FaultKind::Rebalance(group) => write!(f, "{} reassigns its partitions", group.name()),
            FaultKind::StolenLock(service) => write!(f, "the relay of {} loses its lock", service.name()),
        }
    }
}

impl std::fmt::Display for Purchase {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "at {:.6} s orders", self.at.as_secs_f64())?;
        for (product, qty) in &self.lines {
            write!(f, " {qty} {}", product.unwrap_or("chicken"))?;
        }
        if self.keyed {
            f.write_str(" with a key")?;
        }
        if self.copies > 1 {
            write!(f, ", {} times at once", self.copies)?;
        }
        if let Some(pause) = self.cancels_after {
            write!(f, ", and cancels {:.6} s later", pause.as_secs_f64())?;
        }
        Ok(())
    }
}

impl Fault {
    /// Whether it is active at `now`.
    pub fn is_on(&self, now: Duration) -> bool {
        now >= self.from && now < self.from + self.lasts
    }
}

impl Plan {
    /// The plan of `seed`.
    pub fn of(seed: u64) -> Self {
        let mut random = Random::new(seed);
        let mut replicas = BTreeMap::new();
        let mut skew = BTreeMap::new();
        for service in Service::with_database() {
            let count = random.between(1, 3);
            replicas.insert(service, u8::try_from(count).unwrap_or(1));
            for replica in 0..3 {
                // Most clocks are accurate, and some have a skew of up to three seconds.
                let off = if random.chance(300) { 3_000 } else { 20 };
                let milliseconds = i64::try_from(random.below(2 * off + 1)).unwrap_or_default();
                skew.insert(
                    (service, replica),
                    milliseconds - i64::try_from(off).unwrap_or_default(),
                );
            }
        }
        let faults = (0..random.index(8))
            .map(|_| fault(&mut random, &replicas))
            .enumerate();
        let faults: BTreeMap<usize, Fault> = faults.collect();
        // Many orders are placed just when a fault begins.
        let moments: Vec<Duration> = faults.values().map(|fault| fault.from).collect();
        let purchases = (0..random.index(6) + 2)
            .map(|_| purchase(&mut random, &moments))
            .enumerate();
        let purchases = purchases.collect();
        Self {
            seed,
            chances: 0,
            skew,
            stock: u32::try_from(random.between(1, 8)).unwrap_or(1),
            purchases,
            faults,
            restocks: (0..random.below(3))
                .filter_map(|_| {
                    let product = *random.pick(&PRODUCTS)?;
                    let qty = u32::try_from(random.between(1, 4)).ok()?;
                    Some((milliseconds(random.below(12_000)), product, qty))
                })
                .collect(),
            refusals: if random.chance(500) { random.below(300) } else { 0 },
            replicas,
            silence: if random.chance(300) { random.below(300) } else { 0 },
        }
    }

    /// The same plan with only those purchases and faults.
    #[must_use]
    pub fn cut_to(&self, purchases: &BTreeSet<usize>, faults: &BTreeSet<usize>) -> Self {
        let mut plan = self.clone();
        plan.purchases.retain(|number, _| purchases.contains(number));
        plan.faults.retain(|number, _| faults.contains(number));
        plan
    }
}

fn milliseconds(count: u64) -> Duration {
    Duration::from_millis(count)
}

fn purchase(random: &mut Random, moments: &[Duration]) -> Purchase {
    let count = random.between(1, 2);
    let lines = (0..count).map(|_| {
        let product = if random.chance(700) {
            random.pick(&PRODUCTS).copied()
        } else {
            None
        };
        (product, u32::try_from(random.between(1, 3)).unwrap_or(1))
    });
    let lines = lines.collect();
    let at = match random.pick(moments) {
        Some(moment) if random.chance(500) => *moment + Duration::from_micros(random.below(20_000)),
        _ => milliseconds(random.below(8_000)),
    };
    Purchase {
        at,
        lines,
        keyed: random.chance(700),
        copies: if random.chance(200) {
            random.between(2, 3)
        } else {
            1
        },
        cancels_after: random.chance(450).then(|| {
            // At once, or anywhere in the life of an order.
            let latest = if random.chance(400) { 50 } else { 6_000 };
            Duration::from_micros(random.below(latest * 1_000))
        }),
    }
}

fn fault(random: &mut Random, replicas: &BTreeMap<Service, u8>) -> Fault {
    let services: Vec<Service> = Service::with_database().collect();
    let service = *random.pick(&services).unwrap_or(&Service::Order);
    let kind = match random.below(13) {
        0..=3 => {
            // Services that can lose something are chosen more often than the others.
            let weak = [service, Service::Order, Service::Pay];
            let service = *random.pick(&weak).unwrap_or(&Service::Order);
            let count = replicas.get(&service).copied().unwrap_or(1);
            let replica = u8::try_from(random.below(count.into())).unwrap_or_default();
            FaultKind::Crash(service, replica, random.between(1, 60))
        }
        4 => {
            let roads = [
                (Endpoint::Service(Service::Order), Endpoint::Service(Service::Pay)),
                (Endpoint::Service(service), Endpoint::Broker),
                (Endpoint::Service(service), Endpoint::Database(service)),
                (Endpoint::Outside, Endpoint::Service(service)),
            ];
            let (one, other) = *random.pick(&roads).unwrap_or(&roads[0]);
            FaultKind::Cut(one, other)
        }
        5 => {
            let places = [
                Endpoint::Broker,
                Endpoint::Database(service),
                Endpoint::Database(Service::Pay),
            ];
            FaultKind::Away(*random.pick(&places).unwrap_or(&Endpoint::Broker))
        }
        6 => FaultKind::Losses(random.between(20, 400)),
        7 => FaultKind::Delays(random.between(20, 500)),
        8 => FaultKind::LostCommits(random.between(20, 300)),
        9 => FaultKind::LostAcknowledgements(random.between(20, 300)),
        10 => {
            let topics = service.consumes();
            FaultKind::Stuck(service, random.pick(topics).copied().unwrap_or_default())
        }
        11 => FaultKind::Rebalance(service),
        _ => FaultKind::StolenLock(if service.publishes_events() {
            service
        } else {
            Service::Order
        }),
    };
    let from = milliseconds(random.below(10_000));
    let longest = u64::try_from(HEALED.saturating_sub(from).as_millis()).unwrap_or_default();
    Fault {
        from,
        lasts: milliseconds(random.between(10, longest.min(5_000))),
        kind,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_is_the_same_for_the_same_seed_and_can_be_cut_down() {
        let plan = Plan::of(11);
        assert_eq!(format!("{plan:?}"), format!("{:?}", Plan::of(11)));
        let cut = plan.cut_to(&BTreeSet::from([0]), &BTreeSet::new());
        assert_eq!((cut.purchases.len(), cut.faults.len()), (1, 0));
    }

    #[test]
    fn every_fault_has_ended_when_the_world_is_to_be_healed() {
        for seed in 0..500 {
            for fault in Plan::of(seed).faults.values() {
                assert!(fault.from + fault.lasts <= HEALED, "{fault}");
            }
        }
    }
}
