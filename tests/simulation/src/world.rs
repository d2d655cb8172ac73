//! The simulated world: processes of all services, their databases, the broker, and roads between them.

use crate::broker::Broker;
use crate::database::{Connection, Database};
use crate::engine::{Engine, OUTSIDE, ProcessId, lock};
use crate::ledger::Aggregates;
use crate::order_store::OrderTables;
use crate::people::Receipts;
use crate::place::Service;
use crate::plan::{HEALED, Kind, Plan, Trouble};
use crate::random::Random;
use crate::readers::{Counts, Messages, View};
use crate::services::{self, App};
use crate::weather::Weather;
use crate::{consumer, relay};
use delivery::domain::Delivery;
use fdp_contracts::{Event, OrderId};
use fdp_kit::Incoming;
use inventory::domain::stock::Stock;
use pay::domain::Payment;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use store::domain::Ticket;

/// A mistake that is planted to see whether it is found. Each is made in a simulated part, or between it and a
/// service; the services know nothing of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
pub enum Bug {
    /// The order that ended is not refunded.
    RefundForgotten,
    /// A void that comes before its payment leaves no note, so that the payment may still come.
    VoidLeavesNoNote,
    /// The inbox doesn't know what it has seen.
    InboxForgets,
    /// The relay publishes each batch from its end.
    RelayTurnsAround,
    /// The settler forgets the intent and has nothing voided.
    SettlerForgets,
    /// The rider leaves without waiting for the order's word.
    DepartsWithoutAsking,
    /// Offsets are noted before the effect.
    ReadBeforeDone,
    /// The relay forgets its batch, acknowledged or not.
    RelayForgetsUnacknowledged,
    /// Who is told by pay that its database does not answer takes it for a refusal.
    ErrorMeansRefused,
}

/// Everything there is in one history.
pub struct World {
    /// Time and tasks.
    pub engine: Engine,
    /// What is broken.
    pub weather: Arc<Weather>,
    /// What was planned.
    pub plan: Plan,
    /// A planted mistake.
    pub bug: Option<Bug>,
    /// Topics and groups.
    pub broker: Broker,
    /// The order service's database.
    pub order: Database<OrderTables>,
    /// The pay service's.
    pub pay: Database<Aggregates<Payment>>,
    /// The store service's.
    pub store: Database<Aggregates<Ticket>>,
    /// The delivery service's.
    pub delivery: Database<Aggregates<Delivery>>,
    /// The inventory service's.
    pub inventory: Database<Stock>,
    /// The customer service's.
    pub customer: Database<Messages>,
    /// The marketing service's.
    pub marketing: Database<Counts>,
    /// The front end's.
    pub frontend: Database<View>,
    /// What customers were answered.
    pub receipts: Receipts,
    /// What went wrong in a way that nothing may ever go.
    pub failures: Mutex<Vec<String>>,
    processes: Mutex<Vec<Process>>,
    /// Orders by when they were first heard of: ids differ from run to run.
    names: Mutex<BTreeMap<OrderId, usize>>,
}

struct Process {
    service: Service,
    replica: u8,
    alive: bool,
    app: Option<App>,
}

impl World {
    /// The world of `plan`, with all processes starting.
    pub fn new(plan: Plan, bug: Option<Bug>, traced: bool) -> Arc<Self> {
        let engine = Engine::new(
            Random::new(plan.seed ^ plan.chances.rotate_right(16)).fork(),
            traced,
        );
        let faults = plan.faults.values().cloned().collect();
        let weather = Arc::new(Weather::new(engine.clone(), faults));
        let stock = services::stock(&plan);
        let world = Arc::new(Self {
            order: database(&engine, &weather, Service::Order),
            pay: database(&engine, &weather, Service::Pay),
            store: database(&engine, &weather, Service::Store),
            delivery: database(&engine, &weather, Service::Delivery),
            inventory: Database::new(engine.clone(), weather.clone(), Service::Inventory, stock),
            customer: database(&engine, &weather, Service::Customer),
            marketing: database(&engine, &weather, Service::Marketing),
            frontend: database(&engine, &weather, Service::Frontend),
            engine,
            weather,
            plan,
            bug,
            broker: Broker::default(),
            receipts: Receipts::default(),
            failures: Mutex::default(),
            processes: Mutex::default(),
            names: Mutex::default(),
        });
        for (service, count) in world.plan.replicas.clone() {
            for replica in 0..count {
                world.boot(service, replica);
            }
        }
        world.schedule_faults();
        world
    }

    /// Starts a process.
    fn boot(self: &Arc<Self>, service: Service, replica: u8) {
        let process = {
            let mut processes = lock(&self.processes);
            processes.push(Process {
                service,
                replica,
                alive: true,
                app: None,
            });
            processes.len() - 1
        };
        let parts = services::wire(self, service, replica, process);
        if let Some(process) = lock(&self.processes).get_mut(process) {
            process.app = Some(parts.app);
        }
        let (consumes, relays) = (self.clone(), self.clone());
        self.engine
            .spawn(process, consumer::run(consumes, service, process, parts.effects));
        let connection = self.connection(service);
        self.engine
            .spawn(process, relay::run(relays, service, connection, process));
        self.engine
            .note(|| format!("{} {replica} starts", service.name()));
    }

    /// Lets everything run until `time`.
    pub fn run_until(self: &Arc<Self>, time: Duration) {
        self.engine.run_until(time, |process| self.died(process));
    }

    fn died(self: &Arc<Self>, process: ProcessId) {
        let who = lock(&self.processes).get_mut(process).map(|dead| {
            dead.alive = false;
            // Its memory goes with it.
            (dead.service, dead.replica, dead.app.take())
        });
        let Some((service, replica, memory)) = who else {
            return;
        };
        drop(memory);
        self.weather.feel(Kind::Crash);
        self.engine.note(|| format!("{} {replica} dies", service.name()));
        let back = self.back_after(service, replica);
        let world = self.clone();
        // The database notices, and then the broker; the process comes back before, between or after.
        self.engine.spawn(OUTSIDE, async move {
            world.engine.sleep_between(0, 1_500_000).await;
            relay::release(&mut lock(&world.connection(service).log), process);
            world.engine.sleep_between(0, 6_000_000).await;
            world.broker.leave(service, process);
        });
        let world = self.clone();
        self.engine.spawn(OUTSIDE, async move {
            world.engine.sleep(back).await;
            world.boot(service, replica);
        });
    }

    fn back_after(&self, service: Service, replica: u8) -> Duration {
        let now = self.engine.now();
        let planned = self.plan.faults.values().find_map(|fault| match fault.kind {
            Trouble::Crash(of, number, _) if (of, number) == (service, replica) && fault.from <= now => {
                Some(fault.lasts)
            }
            _ => None,
        });
        planned.unwrap_or(Duration::from_millis(500))
    }

    /// Those faults that happen at a moment; the others are weather.
    fn schedule_faults(self: &Arc<Self>) {
        for fault in self.plan.faults.values().cloned() {
            let world = self.clone();
            self.engine.spawn(OUTSIDE, async move {
                world.engine.sleep(fault.from).await;
                world.engine.note(|| format!("FAULT {fault}"));
                match fault.kind {
                    Trouble::Crash(service, replica, steps) => {
                        if let Some(process) = world.process(service, replica) {
                            world.engine.kill_after(process, steps);
                        }
                    }
                    Trouble::Rebalance(service) => {
                        let shared = world.broker.rebalance(service);
                        if shared {
                            world.weather.feel(Kind::Rebalance);
                        }
                    }
                    Trouble::StolenLock(service) => lock(&world.connection(service).log).relay = None,
                    _ => {}
                }
            });
        }
    }

    fn process(&self, service: Service, replica: u8) -> Option<ProcessId> {
        lock(&self.processes)
            .iter()
            .position(|process| process.alive && (process.service, process.replica) == (service, replica))
    }

    /// Any process of `service` that is alive, and what it does.
    pub fn any(&self, service: Service) -> Option<(ProcessId, App)> {
        let processes = lock(&self.processes);
        let alive: Vec<(ProcessId, &App)> = processes
            .iter()
            .enumerate()
            .filter(|(_, process)| process.alive && process.service == service)
            .filter_map(|(id, process)| Some((id, process.app.as_ref()?)))
            .collect();
        let chosen = self.engine.draw(|random| random.index(alive.len()));
        alive.get(chosen).map(|(id, app)| (*id, (*app).clone()))
    }

    /// The way to a service's database.
    pub fn connection(&self, service: Service) -> Connection {
        match service {
            Service::Order => &self.order.connection,
            Service::Pay => &self.pay.connection,
            Service::Store => &self.store.connection,
            Service::Delivery => &self.delivery.connection,
            Service::Inventory => &self.inventory.connection,
            Service::Customer => &self.customer.connection,
            Service::Marketing => &self.marketing.connection,
            Service::Frontend => &self.frontend.connection,
        }
        .clone()
    }

    /// What an order is called in the history.
    pub fn name(&self, order_id: OrderId) -> String {
        let mut names = lock(&self.names);
        let next = names.len() + 1;
        format!("order {}", names.entry(order_id).or_insert(next))
    }

    /// What an event says, in few words.
    pub fn words(&self, incoming: &Incoming) -> String {
        let kind = incoming.envelope.kind.trim_start_matches("fooddelivery.");
        let kind = kind.trim_end_matches(".v1");
        match (&incoming.event, incoming.order_id()) {
            (Event::Product(product), _) => {
                format!("{kind} of {} ({} left)", product.product_id, product.stock)
            }
            (_, Some(order_id)) => format!("{kind} of {}", self.name(order_id)),
            _ => kind.to_owned(),
        }
    }

    /// Whether nothing is broken on purpose and all processes live.
    pub fn is_healed(&self) -> bool {
        let now = self.engine.now();
        let over = now >= HEALED
            || self
                .plan
                .faults
                .values()
                .all(|fault| now >= fault.from + fault.lasts);
        let expected: usize = self.plan.replicas.values().map(|count| usize::from(*count)).sum();
        let alive = lock(&self.processes)
            .iter()
            .filter(|process| process.alive)
            .count();
        over && alive == expected
    }

    /// Lets go of everything that holds on to the world.
    pub fn end(&self) {
        self.engine.clear();
        let memories: Vec<Process> = std::mem::take(&mut lock(&self.processes));
        drop(memories);
    }
}

fn database<T: Default>(engine: &Engine, weather: &Arc<Weather>, service: Service) -> Database<T> {
    Database::new(engine.clone(), weather.clone(), service, T::default())
}
