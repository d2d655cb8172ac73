//! The processor time that each program on the machine takes while a load runs, Kubernetes' own programs included.

use crate::machine;
use crate::report;
use anyhow::Result;
use std::collections::BTreeMap;
use std::time::Instant;

/// The rest is summed up.
const SHOWN: usize = 16;

/// Processor time used so far by every program, in ticks, by its name.
pub(crate) struct Programs {
    by_name: BTreeMap<String, u64>,
    machine: u64,
    at: Instant,
}

impl Programs {
    /// The usage of all programs until now. What has ended counts for the program that started it.
    ///
    /// # Errors
    /// When the kernel's files cannot be read.
    pub(crate) fn now() -> Result<Self> {
        Ok(Self {
            by_name: machine::by_program()?,
            machine: machine::busy()?,
            at: Instant::now(),
        })
    }

    /// Prints what an order has cost each program since `before`, when so many orders came in a second.
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    pub(crate) fn print_since(&self, before: &Self, orders_per_second: f64) {
        let orders = orders_per_second * (self.at - before.at).as_secs_f64();
        let cost = |ticks: u64| ticks as f64 * machine::TICK_MS / orders;
        let (shown, rest) = self.since(before);
        for (name, ticks) in shown {
            report::figure(&format!("  an order costs {name}"), cost(ticks), "ms");
        }
        report::figure("  an order costs all others, and the kernel", cost(rest), "ms");
        let used = self.machine.saturating_sub(before.machine);
        report::figure("  an order costs in all", cost(used), "ms");
    }

    /// The programs that used most, and what was used beside theirs.
    fn since(&self, before: &Self) -> (Vec<(&str, u64)>, u64) {
        let used = |(name, now): (&'_ String, &u64)| {
            now.saturating_sub(before.by_name.get(name).copied().unwrap_or_default())
        };
        let mut all: Vec<(&str, u64)> = self
            .by_name
            .iter()
            .map(|entry| (entry.0.as_str(), used(entry)))
            .filter(|(_, ticks)| *ticks > 0)
            .collect();
        all.sort_by_key(|(_, ticks)| std::cmp::Reverse(*ticks));
        all.truncate(SHOWN);
        let known: u64 = all.iter().map(|(_, ticks)| ticks).sum();
        (
            all,
            self.machine.saturating_sub(before.machine).saturating_sub(known),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_shown_is_in_the_rest() {
        let at = Instant::now();
        let programs = |entries: &[(&str, u64)], machine| Programs {
            by_name: entries
                .iter()
                .map(|(name, ticks)| ((*name).to_owned(), *ticks))
                .collect(),
            machine,
            at,
        };
        let before = programs(&[("order", 10), ("pay", 5)], 100);
        let after = programs(&[("order", 40), ("pay", 5), ("etcd", 50)], 200);
        assert_eq!(after.since(&before), (vec![("etcd", 50), ("order", 30)], 20));
    }
}
