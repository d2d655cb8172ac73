//! Every interleaving of pay's answer, a customer who pays, the news of that, a customer who gives up, and two replicas that
//! end what was not paid in time: in each one there is an order exactly if there is money.

use crate::domain::fixtures::price_list;
use crate::domain::{Approval, AwaitingOrder, Order, OrderRequest, OrderRequestLine, Unpaid};
use chrono::Utc;
use fdp_contracts::OrderId;
use std::collections::HashSet;

/// The payment, as pay knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Payment {
    Unknown,
    Awaited,
    Taken,
    Voided,
}

/// Whoever answers the request to place the order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Placer {
    Asks,
    /// Pay has left it to the customer.
    Records,
    /// The news of the payment was here first.
    Completes,
    /// Pay's answer was lost.
    Abandons,
    Done,
}

/// A customer who gives up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Quitter {
    Looks,
    Abandons,
    Done,
}

/// A replica whose compensation has claimed the intent, or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Replica {
    Idle,
    AsksPay,
    Completes,
    Abandons,
    Voids,
    Settles,
}

#[derive(Clone)]
struct World {
    awaiting: AwaitingOrder,
    intent: Option<Unpaid>,
    is_order: bool,
    payment: Payment,
    /// How often the news of the payment may still arrive.
    news: u8,
    placer: Placer,
    quitter: Quitter,
    replicas: [Replica; 2],
}

impl World {
    fn new(quitter: Quitter) -> Self {
        let line = OrderRequestLine {
            name: Some("통닭".into()),
            ..OrderRequestLine::default()
        };
        let request = OrderRequest {
            lines: vec![line],
            ..OrderRequest::default()
        };
        let basket = request.into_basket(&price_list()).unwrap();
        let order = Order::place(OrderId::new(), basket, Utc::now());
        Self {
            awaiting: AwaitingOrder::new(order, "https://pay.example/1".to_owned(), Utc::now()),
            intent: Some(Unpaid::default()),
            is_order: false,
            payment: Payment::Unknown,
            news: 0,
            placer: Placer::Asks,
            quitter,
            replicas: [Replica::Idle; 2],
        }
    }

    /// All worlds that are one step away.
    fn steps(&self) -> Vec<Self> {
        let mut steps = self.placer_steps();
        steps.extend(self.customer_pays());
        steps.extend(self.news_arrive());
        steps.extend(self.quitter_steps());
        for replica in 0..self.replicas.len() {
            steps.extend(self.replica_steps(replica));
        }
        steps
    }

    fn with(&self, change: impl FnOnce(&mut Self)) -> Self {
        let mut world = self.clone();
        change(&mut world);
        world
    }

    /// Replaces the intent by the order, if nobody has given it up.
    fn complete(&mut self) {
        if self.intent.as_ref().is_some_and(|intent| !intent.abandoned) {
            assert!(!self.is_order, "it is placed once");
            self.intent = None;
            self.is_order = true;
        }
    }

    /// Whether there was an intent to abandon.
    fn abandon(&mut self) -> bool {
        match &mut self.intent {
            Some(intent) if !intent.voided => {
                intent.abandoned = true;
                true
            }
            _ => false,
        }
    }

    fn placer_steps(&self) -> Vec<Self> {
        match self.placer {
            Placer::Asks => {
                let payment = match self.payment {
                    Payment::Unknown => Payment::Awaited,
                    known => known,
                };
                let answered = match payment {
                    Payment::Voided => Placer::Abandons,
                    _ => Placer::Records,
                };
                [answered, Placer::Abandons]
                    .map(|placer| self.with(|world| (world.payment, world.placer) = (payment, placer)))
                    .to_vec()
            }
            Placer::Records => vec![self.with(|world| {
                world.placer = Placer::Done;
                match &mut world.intent {
                    Some(intent) if intent.may_wait() => intent.awaiting = Some(world.awaiting.clone()),
                    Some(intent) if !intent.abandoned => world.placer = Placer::Completes,
                    _ => {}
                }
            })],
            Placer::Completes => vec![self.with(|world| {
                world.placer = Placer::Done;
                world.complete();
            })],
            Placer::Abandons => vec![self.with(|world| {
                world.placer = Placer::Done;
                world.abandon();
            })],
            Placer::Done => Vec::new(),
        }
    }

    fn customer_pays(&self) -> Option<Self> {
        (self.payment == Payment::Awaited).then(|| {
            self.with(|world| {
                world.payment = Payment::Taken;
                world.news = 2;
            })
        })
    }

    /// The news arrive, or are lost.
    fn news_arrive(&self) -> Vec<Self> {
        if self.news == 0 {
            return Vec::new();
        }
        let lost = self.with(|world| world.news = 0);
        let heard = self.with(|world| {
            world.news -= 1;
            match world.intent.as_mut().map(|intent| intent.approve(Utc::now())) {
                Some(Approval::Place(_)) => world.complete(),
                Some(Approval::Remember) => {
                    if let Some(intent) = &mut world.intent {
                        intent.told_paid = true;
                    }
                }
                Some(Approval::TooLate) | None => {}
            }
        });
        vec![lost, heard]
    }

    fn quitter_steps(&self) -> Option<Self> {
        let next = match self.quitter {
            Quitter::Looks => self.with(|world| {
                let waits = |intent: &Unpaid| intent.awaiting.is_some() && !intent.abandoned;
                world.quitter = if world.intent.as_ref().is_some_and(waits) {
                    Quitter::Abandons
                } else {
                    Quitter::Done
                };
            }),
            Quitter::Abandons => self.with(|world| {
                world.quitter = Quitter::Done;
                world.abandon();
            }),
            Quitter::Done => return None,
        };
        Some(next)
    }

    fn replica_steps(&self, replica: usize) -> Option<Self> {
        let mut world = self.clone();
        let next = match self.replicas[replica] {
            Replica::Idle => {
                let intent = world.intent.as_mut().filter(|intent| !intent.voided)?;
                if intent.awaiting.is_some() && !intent.abandoned {
                    Replica::AsksPay
                } else {
                    intent.abandoned = true;
                    Replica::Voids
                }
            }
            Replica::AsksPay if self.payment == Payment::Taken => Replica::Completes,
            Replica::AsksPay => Replica::Abandons,
            Replica::Completes => {
                world.complete();
                Replica::Idle
            }
            Replica::Abandons if world.abandon() => Replica::Voids,
            Replica::Abandons => Replica::Idle,
            Replica::Voids => {
                world.payment = Payment::Voided;
                Replica::Settles
            }
            Replica::Settles => {
                match &mut world.intent {
                    Some(intent) if intent.awaiting.is_some() => intent.voided = true,
                    _ => world.intent = None,
                }
                Replica::Idle
            }
        };
        world.replicas[replica] = next;
        Some(world)
    }

    /// Called when no further step is possible.
    fn assert_money_and_order_agree(&self) {
        assert_eq!(
            self.is_order,
            self.payment == Payment::Taken,
            "{}",
            self.fingerprint()
        );
        assert!(self.intent.as_ref().is_none_or(|intent| intent.voided));
    }

    fn fingerprint(&self) -> String {
        let intent = self.intent.as_ref().map(|intent| {
            let waits = intent.awaiting.is_some();
            (waits, intent.told_paid, intent.abandoned, intent.voided)
        });
        format!(
            "{intent:?} {} {:?} {} {:?} {:?} {:?}",
            self.is_order, self.payment, self.news, self.placer, self.quitter, self.replicas
        )
    }
}

/// Explores every path from `start`; returns whether each end has an order.
fn explore(start: World) -> HashSet<bool> {
    let (mut seen, mut ends, mut open) = (HashSet::new(), HashSet::new(), vec![start]);
    while let Some(world) = open.pop() {
        if !seen.insert(world.fingerprint()) {
            continue;
        }
        let next = world.steps();
        if next.is_empty() {
            world.assert_money_and_order_agree();
            ends.insert(world.is_order);
        }
        open.extend(next);
    }
    ends
}

#[test]
fn whoever_comes_first_there_is_an_order_exactly_if_there_is_money() {
    for quitter in [Quitter::Done, Quitter::Looks] {
        let ends = explore(World::new(quitter));
        assert_eq!(ends, HashSet::from([true, false]), "{quitter:?}");
    }
}

#[test]
fn an_order_that_is_paid_before_anybody_gives_it_up_is_placed_though_its_news_are_lost() {
    let mut world = World::new(Quitter::Done);
    world.payment = Payment::Taken;
    world.placer = Placer::Done;
    world.intent = Some(Unpaid {
        awaiting: Some(world.awaiting.clone()),
        ..Unpaid::default()
    });
    assert_eq!(explore(world), HashSet::from([true]));
}
