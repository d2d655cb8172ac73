//! The services in the simulation: their own use cases and reactions, wired to simulated parts as their `main` wires
//! them to real ones.

use crate::app::App;
use crate::bug::Bug;
use crate::deadlines::{self, Waiting};
use crate::deliveries::CommandedDeliveries;
use crate::endpoint::{Endpoint, Service};
use crate::engine::ProcessId;
use crate::ledger::{Aggregates, Behaviour, Reacting, SimulatedInbox, SimulatedLedger, SkewedClock};
use crate::network::{Broken, send};
use crate::offers::PRICE;
use crate::order_store::{OrderReports, SimulatedOrders};
use crate::readers::{Counting, Notifying, Stocking, Viewing};
use crate::sabotage::{Forgetful, Hasty, NoNote, Sloppy};
use crate::world::World;
use async_trait::async_trait;
use delivery::adapters::events::OrderAndTicketEvents;
use delivery::application::deliveries::Deliveries;
use delivery::application::ports::DeliveryRepository;
use fdp_contracts::{OrderId, PaymentState};
use fdp_messaging::Effects;
use fdp_runtime::Clock;
use fdp_storage::inbox::Reaction;
use fdp_storage::ledger::Ledger;
use order::adapters::clients::{
    FIRST_RETRY_DELAY as FIRST_PAUSE, RESPONSE_TIMEOUT as LATEST_ANSWER, TARGET as IN_TIME,
    VOID_RETRIES as VOID_AGAIN, VOID_TIMEOUT as VOID_DEADLINE,
};
use order::application::Orders;
use order::application::ports::{
    PaymentAttempt as Asked, PaymentIntent as Intent, PaymentResult as PayAnswer,
    PaymentService as PaymentsPort, VoidError,
};
use pay::adapters::events::EndedOrders;
use pay::application::{Approval, PayError, Payments};
use pay::domain::Charge;
use std::num::NonZeroU32;
use std::sync::{Arc, Weak};
use std::time::Duration;
use store::adapters::events::OrderEvents;
use store::application::tickets::Tickets;

/// The same as that of the order service's settler.
const COMPENSATION_INTERVAL: Duration = Duration::from_secs(1);
const LIMIT: u64 = 10_000_000;

/// The parts of a process.
pub struct Parts {
    /// Its API.
    pub app: App,
    /// Its handlers of events.
    pub effects: Arc<dyn Effects>,
}

/// Builds the parts of a process, and starts its background tasks.
pub fn wire(world: &Arc<World>, service: Service, replica: u8, process: ProcessId) -> Parts {
    let skew = world
        .plan
        .skew
        .get(&(service, replica))
        .copied()
        .unwrap_or_default();
    let clock: Arc<dyn Clock> = Arc::new(SkewedClock {
        engine: world.engine.clone(),
        skew,
    });
    let wiring = Wiring {
        world,
        process,
        clock,
    };
    match service {
        Service::Gateway => unreachable!("the gateway keeps no state, so the world has none"),
        Service::Order => wiring.order(),
        Service::Pay => wiring.pay(),
        Service::Store => wiring.store(),
        Service::Delivery => wiring.delivery(),
        Service::Inventory => wiring.silent(world.inventory.clone(), Stocking),
        Service::Customer => wiring.silent(world.customer.clone(), Notifying::default()),
        Service::Marketing => wiring.silent(world.marketing.clone(), Counting),
        Service::Frontend => wiring.silent(world.frontend.clone(), Viewing::default()),
    }
}

struct Wiring<'a> {
    world: &'a Arc<World>,
    process: ProcessId,
    clock: Arc<dyn Clock>,
}

impl Wiring<'_> {
    fn inbox<B: Behaviour>(
        &self,
        database: crate::database::Database<B::Tables>,
        behaviour: B,
    ) -> Arc<dyn Effects> {
        Arc::new(SimulatedInbox {
            database,
            behaviour,
            clock: self.clock.clone(),
            forgets: self.world.bug == Some(Bug::InboxForgets),
        })
    }

    fn silent<B: Behaviour>(&self, database: crate::database::Database<B::Tables>, behaviour: B) -> Parts {
        Parts {
            app: App::Silent,
            effects: self.inbox(database, behaviour),
        }
    }

    /// The handler of `reaction`, with or without a planted bug.
    fn reacting<R: Reaction>(
        &self,
        database: crate::database::Database<Aggregates<R::Aggregate>>,
        reaction: R,
    ) -> Arc<dyn Effects> {
        self.inbox(database, Reacting(reaction))
    }

    /// Looks for what is overdue again and again, as the services do; what fails is tried again.
    fn keep_deadlines<F: Future<Output = ()> + Send + 'static>(&self, look: impl Fn() -> F + Send + 'static) {
        if self.world.bug == Some(Bug::DeadlinesForgotten) {
            return;
        }
        let engine = self.world.engine.clone();
        self.world.engine.spawn(self.process, async move {
            loop {
                look().await;
                engine.sleep(deadlines::INTERVAL).await;
            }
        });
    }

    fn order(&self) -> Parts {
        let store = Arc::new(SimulatedOrders {
            database: self.world.order.clone(),
            engine: self.world.engine.clone(),
        });
        let remote: Arc<dyn PaymentsPort> = Arc::new(RemotePayments {
            world: Arc::downgrade(self.world),
            bug: self.world.bug,
        });
        let payments = if self.world.bug == Some(Bug::SettlerForgets) {
            Arc::new(Sloppy(remote))
        } else {
            remote
        };
        let orders = Orders::new(store, payments, self.clock.clone(), PRICE);
        let (settled, engine) = (orders.clone(), self.world.engine.clone());
        self.world.engine.spawn(self.process, async move {
            loop {
                // A failed settlement is retried.
                let _ = settled.compensate_payments().await;
                engine.sleep(COMPENSATION_INTERVAL).await;
            }
        });
        Parts {
            app: App::Order(orders),
            effects: self.inbox(self.world.order.clone(), OrderReports),
        }
    }

    fn pay(&self) -> Parts {
        let database = self.world.pay.clone();
        let kept: Arc<dyn Ledger<pay::domain::Payment>> = Arc::new(SimulatedLedger(database.clone()));
        let ledger = if self.world.bug == Some(Bug::VoidLeavesNoNote) {
            Arc::new(NoNote(kept))
        } else {
            kept
        };
        let effects = if self.world.bug == Some(Bug::RefundForgotten) {
            self.reacting(database, Forgetful(EndedOrders))
        } else {
            self.reacting(database, EndedOrders)
        };
        Parts {
            app: App::Pay(Payments::new(ledger, self.clock.clone(), LIMIT)),
            effects,
        }
    }

    fn store(&self) -> Parts {
        let database = self.world.store.clone();
        let bell = store::application::notifier::notifier();
        let waiting = Waiting {
            database: database.clone(),
            waits: self.world.ticket_waits.clone(),
            engine: self.world.engine.clone(),
        };
        let deadlines = store::application::deadlines::Deadlines::new(
            Arc::new(waiting),
            self.clock.clone(),
            bell.clone(),
        );
        self.keep_deadlines(move || {
            let deadlines = deadlines.clone();
            async move { drop(deadlines.keep().await) }
        });
        let ledger = Arc::new(SimulatedLedger(database.clone()));
        Parts {
            app: App::Store(Tickets::new(ledger, self.clock.clone(), bell.clone())),
            effects: self.reacting(database, OrderEvents::new(bell)),
        }
    }

    fn delivery(&self) -> Parts {
        let database = self.world.delivery.clone();
        let waiting = Arc::new(Waiting {
            database: database.clone(),
            waits: self.world.rider_waits.clone(),
            engine: self.world.engine.clone(),
        });
        let deadlines = delivery::application::deadlines::Deadlines::new(
            waiting.clone(),
            self.clock.clone(),
            deadlines::LIMIT,
        );
        self.keep_deadlines(move || {
            let (waiting, deadlines) = (waiting.clone(), deadlines.clone());
            async move {
                if DeliveryRepository::tick(&*waiting).await.is_ok() {
                    drop(deadlines.release_overdue().await);
                }
            }
        });
        let kept: Arc<dyn Ledger<delivery::domain::Delivery>> = Arc::new(SimulatedLedger(database.clone()));
        let ledger = if self.world.bug == Some(Bug::DepartsWithoutAsking) {
            Arc::new(Hasty(kept))
        } else {
            kept
        };
        Parts {
            app: App::Delivery(Deliveries::new(
                Arc::new(CommandedDeliveries(ledger)),
                self.clock.clone(),
                NonZeroU32::MIN,
            )),
            effects: self.reacting(database, OrderAndTicketEvents),
        }
    }
}

/// The pay service, as the order service calls it.
struct RemotePayments {
    world: Weak<World>,
    /// A planted bug.
    bug: Option<Bug>,
}

impl RemotePayments {
    async fn ask<T: Send + 'static>(
        &self,
        deadline: Duration,
        work: impl FnOnce(Payments) -> futures::future::BoxFuture<'static, T> + Send + 'static,
    ) -> Reply<T> {
        let Some(world) = self.world.upgrade() else {
            return Reply::Broken(Broken::Reset);
        };
        let engine = world.engine.clone();
        let mut request = Box::pin(send(
            &world,
            Endpoint::Service(Service::Order),
            Service::Pay,
            |app| {
                match app {
                    App::Pay(payments) => work(payments),
                    // Only pay's own processes are called.
                    _ => Box::pin(futures::future::pending()),
                }
            },
        ));
        drop(world);
        match engine.within(deadline, &mut request).await {
            Some(Ok(answer)) => Reply::Answer(answer),
            Some(Err(broken)) => Reply::Broken(broken),
            None => {
                // The client's timeout for the whole request includes the time until the deadline.
                let rest = LATEST_ANSWER.saturating_sub(deadline);
                let late = async move { engine.within(rest, request).await?.ok() };
                Reply::Late(Box::pin(late))
            }
        }
    }
}

enum Reply<T> {
    Answer(T),
    Broken(Broken),
    Late(futures::future::BoxFuture<'static, Option<T>>),
}

#[async_trait]
impl PaymentsPort for RemotePayments {
    /// The budget of retries may be spent at any time.
    fn may_retry(&self) -> bool {
        let engine = self.world.upgrade().map(|world| world.engine.clone());
        engine.is_none_or(|engine| engine.draw(|random| random.between(0, 9)) < 8)
    }

    async fn pay(&self, intent: &Intent) -> Asked {
        let charge = Charge {
            order_id: intent.order_id,
            customer_id: Some(intent.customer_id.clone()),
            amount: intent.amount,
        };
        let approve = |payments: Payments| -> futures::future::BoxFuture<'static, _> {
            Box::pin(async move { payments.approve(&charge).await })
        };
        let takes_errors_for_refusals = self.bug == Some(Bug::ErrorMeansRefused);
        let judge = move |answer| classify(answer, takes_errors_for_refusals);
        match self.ask(IN_TIME, approve).await {
            Reply::Answer(answer) => judge(answer).into(),
            Reply::Broken(Broken::Refused) => PayAnswer::NotSent("nobody is there".into()).into(),
            Reply::Broken(Broken::Reset) => PayAnswer::Unknown("the connection broke".into()).into(),
            Reply::Late(late) => {
                let late = async move {
                    late.await
                        .map_or_else(|| PayAnswer::Unknown("no answer".into()), judge)
                };
                Asked {
                    result: PayAnswer::Unknown("no answer in time".into()),
                    late: Some(Box::pin(late)),
                }
            }
        }
    }

    async fn void(&self, order_id: OrderId) -> Result<(), VoidError> {
        let mut pause = FIRST_PAUSE;
        for _ in 0..VOID_AGAIN {
            let voided = self.void_once(order_id).await;
            if voided.is_ok() {
                return voided;
            }
            let Some(engine) = self.world.upgrade().map(|world| world.engine.clone()) else {
                return voided;
            };
            // The client adds up to the same time to each pause at random, and doubles the next one.
            let share = engine.draw(|random| random.between(0, 1_000));
            engine
                .sleep(pause.mul_f64(1.0 + Duration::from_millis(share).as_secs_f64()))
                .await;
            pause *= 2;
        }
        self.void_once(order_id).await
    }
}

impl RemotePayments {
    async fn void_once(&self, order_id: OrderId) -> Result<(), VoidError> {
        let void = move |payments: Payments| -> futures::future::BoxFuture<'static, _> {
            Box::pin(async move { payments.void(order_id).await })
        };
        match self.ask(VOID_DEADLINE, void).await {
            Reply::Answer(Ok(_)) => Ok(()),
            Reply::Answer(Err(error)) => Err(VoidError(error.to_string())),
            Reply::Broken(_) | Reply::Late(_) => Err(VoidError("no answer".into())),
        }
    }
}

/// How the HTTP client interprets a response of pay.
fn classify(answer: Result<Approval, PayError>, takes_errors_for_refusals: bool) -> PayAnswer {
    match answer {
        Ok(taken) if taken.payment.state == PaymentState::Approved => PayAnswer::Paid,
        Ok(taken) => PayAnswer::Refused(format!("the payment is {:?}", taken.payment.state)),
        Err(PayError::Rejected(rejection)) => PayAnswer::Refused(rejection.to_string()),
        Err(error) if takes_errors_for_refusals => PayAnswer::Refused(error.to_string()),
        Err(error) => PayAnswer::Unknown(error.to_string()),
    }
}
