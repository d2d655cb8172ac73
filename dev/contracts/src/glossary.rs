//! The glossary as a page of the manual: business terms and technical terms.

use fdp_contracts::GLOSSARY;
use std::fmt::Write as _;

/// Terms of the operator, of messaging and of the saga, each with its meaning here.
const TECHNICAL: &[(&str, &str)] = &[
    (
        "platform",
        "One FoodDeliveryPlatform resource and everything that the operator makes of it.",
    ),
    (
        "part",
        "A piece of a platform that is switched and judged on its own: Kafka, PostgreSQL, a service, logging.",
    ),
    (
        "provider",
        "Who runs a part: the operator itself, another operator, or somebody outside the cluster.",
    ),
    (
        "extension",
        "A service of the user's that a platform runs beside its own nine.",
    ),
    (
        "desired, actual",
        "What the plan says an object should be, and what it is in the cluster or at the cloud.",
    ),
    (
        "observe, plan, apply, report",
        "The four steps of one reconcile. The plan is pure; the other steps talk to the API server.",
    ),
    (
        "reconcile",
        "One pass over one platform, from what is observed to its status.",
    ),
    (
        "resync interval",
        "After how long a platform is reconciled though nothing seems to have changed.",
    ),
    (
        "wave",
        "Objects that are written side by side; the next wave follows when these are written.",
    ),
    (
        "drift",
        "A difference that somebody else made to an object since it was applied.",
    ),
    (
        "adopt",
        "To take over an object of a part's name that somebody else has made.",
    ),
    (
        "health",
        "What an object's own status says of it: ready, in progress, or failed with a reason.",
    ),
    (
        "condition, reason",
        "What a platform's status says of one aspect, and why, in one word that docs/troubleshooting.md explains.",
    ),
    (
        "anchor",
        "In a remote cluster, the object that owns everything else there, since the platform's resource is not there.",
    ),
    (
        "canary",
        "A second version of a service that gets a share of the requests.",
    ),
    (
        "saga",
        "The steps of one order over several services, each a transaction of its own, undone by compensation.",
    ),
    (
        "payment intent",
        "The durable note that order will ask pay for money, written before it asks.",
    ),
    (
        "payment compensation",
        "The background work that voids or refunds a payment whose order did not come about.",
    ),
    (
        "idempotency key",
        "The name of one request of a client, under which a repeated request has its effect once.",
    ),
    (
        "outbox",
        "The table into which a service writes its events in the transaction that they tell of.",
    ),
    (
        "relay",
        "What publishes a service's outbox to Kafka; one replica at a time.",
    ),
    (
        "inbox",
        "The table of the events that a service has handled, so that one that comes twice has its effect once.",
    ),
    (
        "ledger",
        "A table of aggregates whose every change is a decision of the domain, kept with its event in one transaction.",
    ),
    (
        "projection",
        "A table that a service builds from the events of others and can build anew.",
    ),
    (
        "dead letter",
        "A message that a consumer group can never handle, put aside with the reason.",
    ),
    (
        "stuck consumer",
        "A Kafka client that gets no messages though some are waiting; it is replaced by a new one.",
    ),
    (
        "admission",
        "What lets as many calls to a service be under way as it answers in time, and has the others wait for a while.",
    ),
    (
        "breaker",
        "What stops calls to a service that fails, and tries again after a pause.",
    ),
    (
        "autopilot",
        "Stands in for the owner or the rider, for demonstrations.",
    ),
    (
        "drill",
        "A fault that is made on purpose, to see that the promises hold.",
    ),
    (
        "data store",
        "A database as a place where orders are kept: PostgreSQL or MongoDB.",
    ),
];

/// The page, in Markdown.
pub(crate) fn page(generated: &str) -> String {
    let mut page = format!(
        "<!-- {generated} -->\n\n# Glossary\n\nOne word for one thing, in code, events, pages and documents.\n\n\
         ## The business\n\n| word | Korean | meaning |\n|---|---|---|\n"
    );
    for term in GLOSSARY {
        let _ = writeln!(page, "| {} | {} | {} |", term.english, term.korean, term.meaning);
    }
    page.push_str("\n## The program\n\n| word | meaning |\n|---|---|\n");
    for (word, meaning) in TECHNICAL {
        let _ = writeln!(page, "| {word} | {meaning} |");
    }
    page
}
