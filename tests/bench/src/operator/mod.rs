//! Measures the operator on a real API server without nodes, against its targets or beside the last release.

mod compare;
mod measures;
mod world;

use std::path::Path;

use anyhow::Result;
use fdp_test_operator::process as operator;

pub(crate) use compare::compare;

use crate::{
    machine::Memory,
    report::{self, Target},
};
use measures::Figures;
use world::World;

/// Measures the operator of this checkout, and prints its figures.
pub(crate) fn measure() -> Result<()> {
    let figures = figures(&operator::program()?)?;
    report::figure("objects of a platform", figures.objects, "");
    report::figure("from the resource to all of them", figures.made, "ms");
    report::figure("kubectl apply of the same", figures.kubectl, "ms");
    let ratio = figures.made / figures.kubectl;
    report::against("operator : kubectl", ratio, "x", Target::AtMost(1.0));
    memory("memory with one platform", &figures.with_one, 25.0);
    let many = &figures.many;
    report::figure("200 platforms at once: created within", many.created, "s");
    report::figure("  until all their objects are there", many.took, "s");
    report::figure("  looks at platforms", many.looks_per_second, "/s");
    memory("memory with 200 platforms", &figures.with_many, 64.0);
    report::against(
        "calls for a look that finds nothing to do",
        figures.calls,
        "",
        Target::AtMost(0.0),
    );
    let [half, most] = figures.back;
    report::figure("a deleted Deployment is back, p50", half, "ms");
    report::against("  p99", most, "ms", Target::AtMost(1000.0));
    Ok(())
}

fn memory(words: &str, memory: &Memory, at_most: f64) {
    report::figure(words, memory.resident, "MB");
    report::figure("  of it its own, without pages of its program", memory.own, "MB");
    report::against("  at its peak", memory.highest, "MB", Target::AtMost(at_most));
}

/// The figures of an operator's program, on a control plane of its own.
fn figures(program: &Path) -> Result<Figures> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let world = World::start(program).await?;
        Figures::of(&world).await
    })
}
