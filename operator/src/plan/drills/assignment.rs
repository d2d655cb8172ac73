//! What the load of a drill is told.

use fdp_catalogue::Service;
use fdp_drill::{Arrivals, Assignment, DelayRange, Guard, Mix, PayFault, Phase, Sidecars, Stage};
use kube::ResourceExt as _;

use crate::{
    components::drill::address_of_pay,
    plan::drills::{alerts, settings::Run},
    spec::Validated,
};

const USERS: i32 = 4;

/// What the load is told that runs before the fault.
pub(super) fn steady(run: &Run<'_>, platform: &Validated) -> Assignment {
    let stages = vec![Stage {
        phase: Phase::Steady,
        seconds: run.steady_seconds(),
    }];
    Assignment {
        pay: None,
        sidecars: None,
        alerts: None,
        // Whether its orders come to their end is no part of it.
        settle_seconds: 0,
        ..assignment(run, platform, stages, "steady")
    }
}

/// What the load is told that runs during the fault, and after it.
pub(super) fn fault(run: &Run<'_>, platform: &Validated) -> Assignment {
    let stages = vec![
        Stage {
            phase: Phase::Fault,
            seconds: run.fault_seconds(),
        },
        Stage {
            phase: Phase::Recovery,
            seconds: run.recovery_seconds(),
        },
    ];
    assignment(run, platform, stages, "fault")
}

fn assignment(run: &Run<'_>, platform: &Validated, stages: Vec<Stage>, part: &str) -> Assignment {
    let load = run.spec().load.clone().unwrap_or_default();
    let mix = load.mix.unwrap_or_default();
    // Without a mix, or with one that says nothing of orders, they order.
    let only_orders = mix.order.is_none() && mix.browse.is_none() && mix.cancel.is_none();
    let part_of_mix = |part: Option<i32>| part.unwrap_or_default().unsigned_abs();
    let gateway = Service::Gateway;
    Assignment {
        gateway: format!("http://{}:{}", platform.child(gateway.name()), gateway.port()),
        customers: format!("drill-{}-{}-{part}", run.drill.name_any(), run.id),
        arrivals: match load.orders_per_second {
            Some(orders) => Arrivals::PerSecond(orders.unsigned_abs()),
            None => Arrivals::Users(load.users.unwrap_or(USERS).unsigned_abs()),
        },
        ignore_retry_after: load.ignore_retry_after.unwrap_or_default(),
        new_connection_percent: load.new_connection_percent.unwrap_or_default().unsigned_abs(),
        mix: Mix {
            order: if only_orders { 1 } else { part_of_mix(mix.order) },
            browse: part_of_mix(mix.browse),
            cancel: part_of_mix(mix.cancel),
        },
        stages,
        pay: run.fault().pay.as_ref().map(|pay| PayFault {
            address: address_of_pay(platform),
            delay: pay.delay.as_ref().map(|delay| DelayRange {
                min_ms: delay.min_ms.unsigned_abs(),
                max_ms: delay.max_ms.unsigned_abs(),
            }),
            failure_percent: pay.failure_percent.unwrap_or_default().unsigned_abs(),
        }),
        alerts: alerts::asked(run, platform),
        sidecars: run.way_to_sidecars().map(|way| Sidecars {
            address: way.address(platform),
        }),
        guard: run.way_to_gateway().map(|way| Guard {
            address: way.address(platform),
            failed_percent: run.guard_percent(),
            within_seconds: run.guard_seconds(),
        }),
        settle_seconds: run.settle_seconds(),
    }
}
