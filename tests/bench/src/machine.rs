//! The usage of processors and memory by process, from the kernel.

use anyhow::{Context, Result};
use fdp_test_services::Platform;
use std::collections::BTreeMap;
use std::path::Path;

/// Linux counts processor time in hundredths of a second on all our platforms.
pub(crate) const TICK_MS: f64 = 10.0;

/// Processor time used so far, by name, in ticks.
#[derive(Debug, Clone)]
pub(crate) struct Usage {
    by_name: BTreeMap<String, u64>,
    machine: u64,
}

/// A process in `/proc/PID/stat`.
struct Stat {
    parent: u32,
    ticks: u64,
    ended_children: u64,
}

impl Usage {
    /// The usage of all processes of `platform` and of this program until now. PostgreSQL's sessions are counted
    /// under their role.
    ///
    /// # Errors
    /// When the kernel's files cannot be read.
    pub(crate) fn of(platform: &Platform) -> Result<Self> {
        let processes = platform.processes();
        let mut by_name = BTreeMap::new();
        for (name, id) in &processes {
            by_name.insert(name.clone(), stat(*id)?.ticks);
        }
        by_name.insert("the load itself".to_owned(), stat(std::process::id())?.ticks);
        if let Some(server) = processes.get("postgres") {
            for (name, ticks) in sessions(*server)? {
                *by_name.entry(name).or_default() += ticks;
            }
        }
        Ok(Self {
            by_name,
            machine: busy()?,
        })
    }

    /// Milliseconds used since `before`, the highest first; the last entry is the usage by all other programs.
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    pub(crate) fn since(&self, before: &Self) -> Vec<(String, f64)> {
        let used = |now: u64, then: u64| now.saturating_sub(then) as f64 * TICK_MS;
        let mut all: Vec<(String, f64)> = self
            .by_name
            .iter()
            .map(|(name, ticks)| {
                let then = before.by_name.get(name).copied().unwrap_or_default();
                (name.clone(), used(*ticks, then))
            })
            .collect();
        all.sort_by(|one, other| other.1.total_cmp(&one.1));
        let known: f64 = all.iter().map(|(_, used)| used).sum();
        let others = (used(self.machine, before.machine) - known).max(0.0);
        all.push(("everything else on the machine".to_owned(), others));
        all
    }
}

/// Memory of a process, in MB of 10^6 bytes.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Memory {
    /// Resident memory, including the mapped pages of its program and libraries.
    pub(crate) resident: f64,
    /// The part of it that is anonymous, so not backed by a file.
    pub(crate) own: f64,
    /// The maximum of resident memory so far.
    pub(crate) highest: f64,
}

/// The memory of the process `id`.
///
/// # Errors
/// When it is not running.
pub(crate) fn memory(id: u32) -> Result<Memory> {
    let status = read(&format!("/proc/{id}/status"))?;
    let megabytes = |field: &str| -> Result<f64> {
        let kilobytes: f64 = status
            .lines()
            .find_map(|line| line.strip_prefix(field)?.trim().strip_suffix(" kB"))
            .with_context(|| format!("/proc/{id}/status has no {field}"))?
            .parse()?;
        Ok(kilobytes * 1024.0 / 1e6)
    };
    Ok(Memory {
        resident: megabytes("VmRSS:")?,
        own: megabytes("RssAnon:")?,
        highest: megabytes("VmHWM:")?,
    })
}

/// The processor time of the process `id`, in seconds.
///
/// # Errors
/// When it is not running.
#[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
pub(crate) fn cpu_seconds(id: u32) -> Result<f64> {
    Ok(stat(id)?.ticks as f64 * TICK_MS / 1000.0)
}

fn stat(id: u32) -> Result<Stat> {
    let text = read(&format!("/proc/{id}/stat"))?;
    parse(&text).with_context(|| format!("/proc/{id}/stat reads: {text}"))
}

/// The name is in parentheses and may contain any characters; the fields used here follow it.
fn parse(stat: &str) -> Option<Stat> {
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks = |index: usize| fields.get(index)?.parse::<u64>().ok();
    Some(Stat {
        parent: fields.get(1)?.parse().ok()?,
        ticks: ticks(11)? + ticks(12)?,
        ended_children: ticks(13)? + ticks(14)?,
    })
}

/// The kernel cuts it after 15 bytes. Its own workers add what they do at the moment.
fn name(stat: &str) -> Option<&str> {
    let name = stat.split_once('(')?.1.rsplit_once(')')?.0;
    Some(if name.starts_with("kworker/") {
        "kworker"
    } else {
        name
    })
}

/// The ticks of every program on the machine, and of what it has started and has seen the end of, by its name.
///
/// # Errors
/// When the kernel's files cannot be read.
pub(crate) fn by_program() -> Result<BTreeMap<String, u64>> {
    let mut by_name = BTreeMap::new();
    for entry in std::fs::read_dir("/proc").context("reading /proc")? {
        let entry = entry?.path();
        // A process may end after it was listed; what is not a number is not a process.
        let Ok(text) = std::fs::read_to_string(entry.join("stat")) else {
            continue;
        };
        if let (Some(stat), Some(name)) = (parse(&text), name(&text)) {
            *by_name.entry(name.to_owned()).or_default() += stat.ticks + stat.ended_children;
        }
    }
    Ok(by_name)
}

/// The children of PostgreSQL's server, by their titles: "postgres: order", "postgres: walwriter".
fn sessions(server: u32) -> Result<Vec<(String, u64)>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir("/proc").context("reading /proc")? {
        let Some(id) = entry?.file_name().to_str().and_then(|name| name.parse().ok()) else {
            continue;
        };
        // A process may end after it was listed.
        let Ok(stat) = stat(id) else { continue };
        if stat.parent == server
            && let Ok(title) = read(&format!("/proc/{id}/cmdline"))
        {
            let role = title.split_whitespace().nth(1).unwrap_or("?").trim_matches('\0');
            found.push((format!("postgres: {role}"), stat.ticks));
        }
    }
    Ok(found)
}

/// The ticks in which the whole machine was not idle.
///
/// # Errors
/// When the kernel's file cannot be read.
pub(crate) fn busy() -> Result<u64> {
    let text = read("/proc/stat")?;
    let ticks: Vec<u64> = text
        .lines()
        .next()
        .unwrap_or_default()
        .split_whitespace()
        .skip(1)
        .filter_map(|field| field.parse().ok())
        .collect();
    // user nice system idle iowait irq softirq steal; guests are part of user.
    Ok([0, 1, 2, 5, 6].iter().filter_map(|index| ticks.get(*index)).sum())
}

fn read(path: &str) -> Result<String> {
    std::fs::read_to_string(Path::new(path)).with_context(|| format!("reading {path}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_times_stand_after_the_name_whatever_the_name_is() {
        let stat = parse("7 (a) b) c) S 3 7 7 0 -1 0 0 0 0 0 25 17 1 2 20 0 1 0 5").unwrap();
        assert_eq!((stat.parent, stat.ticks, stat.ended_children), (3, 42, 3));
        assert_eq!(name("7 (a) b) c) S 3"), Some("a) b) c"));
        assert_eq!(name("8 (kworker/u8:5-writeback) I 2"), Some("kworker"));
        assert!(parse("nonsense").is_none());
    }

    #[test]
    fn this_program_has_memory_of_its_own_and_has_had_at_least_as_much() {
        let memory = memory(std::process::id()).unwrap();
        assert!(memory.own > 0.0 && memory.resident >= memory.own, "{memory:?}");
        assert!(memory.highest >= memory.resident, "{memory:?}");
    }
}
