//! The simulated world: processes of all services, their databases, the broker, and the network between them.

use crate::app::App;
use crate::broker::Broker;
use crate::bug::Bug;
use crate::database::{Connection, Database};
use crate::deadlines::Waits;
use crate::endpoint::Service;
use crate::engine::{Engine, ProcessId, lock};
use crate::fault_injector::FaultInjector;
use crate::ledger::Aggregates;
use crate::order_store::OrderTables;
use crate::plan::{HEALED, PRODUCTS, Plan};
use crate::random::Random;
use crate::readers::{Counts, Messages, View};
use crate::receipts::Receipts;
use delivery::domain::Delivery;
use fdp_contracts::{Event, OrderId, ProductSnapshot};
use fdp_messaging::Incoming;
use inventory::domain::stock::Stock;
use pay::domain::Payment;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use store::domain::Ticket;

/// The complete state of one history.
pub struct World {
    pub engine: Engine,
    pub injector: Arc<FaultInjector>,
    pub plan: Plan,
    pub bug: Option<Bug>,
    pub broker: Broker,
    pub order: Database<OrderTables>,
    pub pay: Database<Aggregates<Payment>>,
    pub store: Database<Aggregates<Ticket>>,
    pub delivery: Database<Aggregates<Delivery>>,
    pub inventory: Database<Stock>,
    pub customer: Database<Messages>,
    pub marketing: Database<Counts>,
    pub frontend: Database<View>,
    /// For how long tickets have waited for their store.
    pub ticket_waits: Arc<Mutex<Waits>>,
    /// For how long deliveries have waited for their rider.
    pub rider_waits: Arc<Mutex<Waits>>,
    /// The responses to customers.
    pub receipts: Receipts,
    /// Violations that were found while it was running.
    pub failures: Mutex<Vec<String>>,
    processes: Mutex<Vec<Process>>,
    /// Orders by their first use: ids differ between runs.
    names: Mutex<BTreeMap<OrderId, usize>>,
}

struct Process {
    service: Service,
    replica: u8,
    alive: bool,
    app: Option<App>,
}

impl World {
    /// The world of `plan`, before any process starts.
    pub fn new(plan: Plan, bug: Option<Bug>, traced: bool) -> Arc<Self> {
        let engine = Engine::new(
            Random::new(plan.seed ^ plan.chances.rotate_right(16)).fork(),
            traced,
        );
        let faults = plan.faults.values().cloned().collect();
        let injector = Arc::new(FaultInjector::new(engine.clone(), faults));
        let stock = opening_stock(&plan);
        Arc::new(Self {
            order: database(&engine, &injector, Service::Order),
            pay: database(&engine, &injector, Service::Pay),
            store: database(&engine, &injector, Service::Store),
            delivery: database(&engine, &injector, Service::Delivery),
            inventory: Database::new(engine.clone(), injector.clone(), Service::Inventory, stock),
            customer: database(&engine, &injector, Service::Customer),
            marketing: database(&engine, &injector, Service::Marketing),
            frontend: database(&engine, &injector, Service::Frontend),
            ticket_waits: Arc::default(),
            rider_waits: Arc::default(),
            engine,
            injector,
            plan,
            bug,
            broker: Broker::default(),
            receipts: Receipts::default(),
            failures: Mutex::default(),
            processes: Mutex::default(),
            names: Mutex::default(),
        })
    }

    /// Adds a process of `service` that is about to start.
    pub fn add_process(&self, service: Service, replica: u8) -> ProcessId {
        let mut processes = lock(&self.processes);
        processes.push(Process {
            service,
            replica,
            alive: true,
            app: None,
        });
        processes.len() - 1
    }

    /// Routes requests to `process` to `app`.
    pub fn set_app(&self, process: ProcessId, app: App) {
        if let Some(process) = lock(&self.processes).get_mut(process) {
            process.app = Some(app);
        }
    }

    /// Removes a killed process; returns its service, replica and memory.
    pub fn end_process(&self, process: ProcessId) -> Option<(Service, u8, Option<App>)> {
        lock(&self.processes).get_mut(process).map(|dead| {
            dead.alive = false;
            (dead.service, dead.replica, dead.app.take())
        })
    }

    /// The replica of `service` with this number, if it is alive.
    pub fn process(&self, service: Service, replica: u8) -> Option<ProcessId> {
        lock(&self.processes)
            .iter()
            .position(|process| process.alive && (process.service, process.replica) == (service, replica))
    }

    /// Any live process of `service`, and its API.
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

    /// A connection to a service's database.
    pub fn connection(&self, service: Service) -> Connection {
        match service {
            Service::Gateway => unreachable!("the gateway has no database"),
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

    /// The name of an order in the trace.
    pub fn name(&self, order_id: OrderId) -> String {
        let mut names = lock(&self.names);
        let next = names.len() + 1;
        format!("order {}", names.entry(order_id).or_insert(next))
    }

    /// A short description of an event.
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

    /// Whether no fault is active and all processes are alive.
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

    /// Drops everything that refers to the world.
    pub fn end(&self) {
        self.engine.clear();
        let memories: Vec<Process> = std::mem::take(&mut lock(&self.processes));
        drop(memories);
    }
}

/// The initial stock.
fn opening_stock(plan: &Plan) -> Stock {
    let product = |product_id: &&str| ProductSnapshot {
        product_id: (*product_id).to_owned(),
        store_id: "1".to_owned(),
        product_name: (*product_id).to_owned(),
        stock: plan.stock.into(),
        unit_price: None,
        changed_at: chrono::DateTime::UNIX_EPOCH,
    };
    let products = PRODUCTS.iter().map(product);
    Stock {
        products: products
            .map(|product| (product.product_id.clone(), product))
            .collect(),
        ..Stock::default()
    }
}

fn database<T: Default>(engine: &Engine, injector: &Arc<FaultInjector>, service: Service) -> Database<T> {
    Database::new(engine.clone(), injector.clone(), service, T::default())
}
