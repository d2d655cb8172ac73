//! Who is let in by services: only those who can prove who they are, and only those who call in the architecture.

use crate::guests::Guest;
use crate::world::World;
use fdp_catalogue::Service;
use fdp_local::failure::Result as LocalResult;
use fdp_local::install::{NAMESPACE, PLATFORM};
use libtest_mimic::Failed;
use std::panic::resume_unwind;
use std::thread;

const HEALTH: &str = "/healthz";
const WELCOME: &str = "HTTP/1.1 200";
const DENIED: &str = "HTTP/1.1 403";
/// The service account of nobody in particular.
const NOBODY: &str = "default";
/// The pod that tries what the gateway reaches. No Service leads requests to it.
const TRIES_FOR_GATEWAY: &str = "gateway-reach";
const LOAD_OF_DRILLS: &str = "drill";
/// The name of all replicas of pay, for drills.
const PAY_DRILLS: &str = "pay-drills";

pub(crate) fn a_pod_without_a_sidecar_is_refused_by_every_service(world: &World) -> Result<(), Failed> {
    let account = account("gateway");
    let enter =
        |name, has_sidecar| Guest::enter(&world.kubectl, name, TRIES_FOR_GATEWAY, &account, has_sidecar);
    let (member, outsider) = (enter("member", true)?, enter("outsider", false)?);
    let answers = |guest: &Guest<'_>| -> Vec<LocalResult<String>> {
        let ask = |service: Service| guest.asks(service.name(), service.port(), HEALTH);
        thread::scope(|scope| {
            let asked = Service::ALL.map(|service| scope.spawn(move || ask(service)));
            asked
                .map(|asked| asked.join().unwrap_or_else(|panic| resume_unwind(panic)))
                .into()
        })
    };
    for (service, answer) in Service::ALL.into_iter().zip(answers(&member)) {
        // Istio's ingress gateway alone calls the platform's gateway.
        let expected = if service == Service::Gateway {
            DENIED
        } else {
            WELCOME
        };
        let answer = answer?;
        if !answer.starts_with(expected) {
            return Err(format!("{service} answers the gateway's account with '{answer}'").into());
        }
    }
    for (service, answer) in Service::ALL.into_iter().zip(answers(&outsider)) {
        let answer = answer?;
        if !answer.is_empty() {
            return Err(format!("{service} answers a pod without a sidecar with '{answer}'").into());
        }
    }
    Ok(())
}

pub(crate) fn a_pod_of_another_account_is_refused_by_pay(world: &World) -> Result<(), Failed> {
    let stranger = Guest::enter(&world.kubectl, "stranger", TRIES_FOR_GATEWAY, NOBODY, true)?;
    let answer = stranger.asks("pay", Service::Pay.port(), "/payments")?;
    if answer.starts_with(DENIED) && answer.contains("RBAC") {
        return Ok(());
    }
    Err(format!("pay answers {NAMESPACE}/{NOBODY} with '{answer}'").into())
}

pub(crate) fn nobody_but_the_load_of_drills_may_make_pay_fail(world: &World) -> Result<(), Failed> {
    let port = Service::Pay.drill_port().ok_or("pay has no port for drills")?;
    for (name, account, has_sidecar, expected) in [
        ("load", account("drill"), true, WELCOME),
        // It may call pay, but not there.
        ("caller", account("order"), true, DENIED),
        ("alone", account("drill"), false, ""),
    ] {
        let guest = Guest::enter(&world.kubectl, name, LOAD_OF_DRILLS, &account, has_sidecar)?;
        let answer = guest.asks(PAY_DRILLS, port, "/drills")?;
        let is_expected = match expected {
            "" => answer.is_empty(),
            start => answer.starts_with(start),
        };
        if !is_expected {
            return Err(format!("pay answers {account}, sidecar {has_sidecar}, with '{answer}'").into());
        }
    }
    Ok(())
}

/// The service account of a part.
fn account(part: &str) -> String {
    format!("{PLATFORM}-{part}")
}
