//! Writes the report, short enough for what a kubelet keeps of a container's last words.

use fdp_drill::{Guarded, Measured, Report};
use std::io::{self, Write as _};
use std::path::Path;

/// What a kubelet keeps, in bytes.
const MOST_BYTES: usize = 4096;
/// The longest problem of a drill, in characters.
const PROBLEM: usize = 300;
/// The longest problem of one request, in characters.
const PROBLEM_OF_ONE: usize = 120;
/// How many statuses are told apart; a platform has a handful.
const STATUSES: usize = 8;
/// Under which name all other statuses are counted.
const OTHERS: &str = "other";

/// What is left out of a report that is too long, one after the other: the least useful first.
const SHORTER: [fn(&mut Report); 7] = [
    |report| each_stage(report, without_problems),
    |report| report.orders.examples.truncate(1),
    without_other_alerts,
    |report| each_stage(report, |stage| stage.slowest = None),
    |report| each_stage(report, |stage| stage.first_refused = None),
    |report| each_stage(report, |stage| few_statuses(stage, 1)),
    |report| shorten(&mut report.problem, PROBLEM_OF_ONE),
];

/// The report as JSON, bounded.
///
/// # Errors
/// When it cannot be written as JSON, which does not happen.
pub(crate) fn text(mut report: Report) -> serde_json::Result<String> {
    shorten(&mut report.problem, PROBLEM);
    if let Some(alerts) = &mut report.alerts {
        shorten(&mut alerts.problem, PROBLEM_OF_ONE);
    }
    if let Some(Guarded::CannotSee { why }) = &mut report.guarded {
        *why = why.chars().take(PROBLEM_OF_ONE).collect();
    }
    for stage in &mut report.measured {
        few_statuses(stage, STATUSES);
        for worst in [&mut stage.slowest, &mut stage.first_refused]
            .into_iter()
            .flatten()
        {
            shorten(&mut worst.problem, PROBLEM_OF_ONE);
        }
    }
    let mut text = serde_json::to_string(&report)?;
    let mut ways = SHORTER.iter();
    while text.len() > MOST_BYTES {
        match ways.next() {
            Some(shorter) => shorter(&mut report),
            // So many stages that they do not fit even without their particulars.
            None if report.measured.pop().is_some() => {}
            None => break,
        }
        text = serde_json::to_string(&report)?;
    }
    Ok(text)
}

/// Writes the text for the operator and to the log.
///
/// # Errors
/// When the file cannot be written; it is in the log nevertheless.
pub(crate) fn tell(text: &str, file: &Path) -> io::Result<()> {
    let mut out = io::stdout().lock();
    // Nobody needs to read the log.
    let _ = writeln!(out, "{text}").and_then(|()| out.flush());
    std::fs::write(file, text)
}

fn shorten(text: &mut Option<String>, most: usize) {
    if let Some(text) = text
        && let Some((end, _)) = text.char_indices().nth(most)
    {
        text.truncate(end);
    }
}

fn without_other_alerts(report: &mut Report) {
    if let Some(alerts) = &mut report.alerts {
        alerts.others.clear();
    }
}

fn each_stage(report: &mut Report, change: fn(&mut Measured)) {
    report.measured.iter_mut().for_each(change);
}

fn without_problems(stage: &mut Measured) {
    for worst in [&mut stage.slowest, &mut stage.first_refused]
        .into_iter()
        .flatten()
    {
        worst.problem = None;
    }
}

/// Keeps the most frequent statuses, and counts the others together.
fn few_statuses(stage: &mut Measured, most: usize) {
    while stage.refused.len() > most {
        let rarest = stage
            .refused
            .iter()
            .filter(|(status, _)| *status != OTHERS)
            .min_by_key(|(_, count)| **count)
            .map(|(status, _)| status.clone());
        let Some(count) = rarest.and_then(|status| stage.refused.remove(&status)) else {
            return;
        };
        *stage.refused.entry(OTHERS.to_owned()).or_default() += count;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use fdp_drill::{AlertsSeen, Ends, FaultSeen, Phase, SidecarsSeen, Worst};
    use std::collections::BTreeMap;

    fn worst() -> Worst {
        Worst {
            after_ms: 123_456,
            took_ms: 10_000,
            id: "f".repeat(36),
            problem: Some("결".repeat(500)),
        }
    }

    fn report(stages: usize) -> Report {
        let stage = Measured {
            phase: Phase::Recovery,
            took_ms: 600_000,
            asked: 150_000,
            accepted: 140_000,
            refused: (400..460).map(|status| (status.to_string(), 1)).collect(),
            unanswered: 12_345,
            others_failed: 12_345,
            p50_ms: 1_000,
            p99_ms: 10_000,
            refused_p99_ms: Some(10_000),
            slowest: Some(worst()),
            first_refused: Some(worst()),
        };
        Report {
            measured: vec![stage; stages],
            recovery_ms: Some(60_000),
            pay: Some(FaultSeen {
                replicas: 10,
                payments: 150_000,
            }),
            sidecars: Some(SidecarsSeen {
                delayed: 150_000,
                aborted: 150_000,
            }),
            alerts: Some(Box::new(AlertsSeen {
                fired: alerts(&["EventsNotPublished", "ServiceDown"]),
                others: alerts(&[
                    "OrdersAreSlow",
                    "OrdersFail",
                    "ErrorRate",
                    "MetricsMissing",
                    "BreakerOpen",
                ]),
                ..AlertsSeen::default()
            })),
            orders: Ends {
                accepted: 420_000,
                ended: 400_000,
                open: 10_000,
                lost: 10_000,
                examples: vec!["f".repeat(36); 5],
            },
            guarded: Some(Guarded::CannotSee {
                why: "결".repeat(500),
            }),
            problem: Some("\"".repeat(5_000)),
        }
    }

    fn alerts(names: &[&str]) -> BTreeMap<String, u64> {
        names.iter().map(|name| ((*name).to_owned(), 1_234)).collect()
    }

    fn read(text: &str) -> Report {
        assert!(text.len() <= MOST_BYTES, "{} bytes", text.len());
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn a_usual_report_is_whole() {
        let mut usual = report(3);
        usual.problem = None;
        usual.guarded = None;
        for stage in &mut usual.measured {
            stage.refused = [("503".to_owned(), 7)].into();
            without_problems(stage);
        }
        assert_eq!(read(&text(usual.clone()).unwrap()), usual);
    }

    #[test]
    fn the_worst_report_fits_and_keeps_its_figures() {
        for stages in 0..=12 {
            let read = read(&text(report(stages)).unwrap());
            assert_eq!(read.measured.len(), stages);
            assert_eq!(read.orders.lost, 10_000);
            assert_eq!(read.alerts.unwrap().fired.len(), 2);
            assert!(read.problem.unwrap().chars().count() <= PROBLEM);
            for stage in read.measured {
                assert_eq!(stage.refused.values().sum::<u64>(), 60);
            }
        }
    }

    #[test]
    fn more_stages_than_fit_are_left_out_from_the_end() {
        let read = read(&text(report(200)).unwrap());
        assert!(read.measured.len() > 15, "{}", read.measured.len());
    }

    #[test]
    fn rare_statuses_are_counted_together() {
        let mut report = report(1);
        let stage = &mut report.measured[0];
        stage.refused.insert("503".to_owned(), 900);
        few_statuses(stage, STATUSES);
        assert_eq!(stage.refused.len(), STATUSES);
        assert_eq!(stage.refused["503"], 900);
        assert_eq!(stage.refused[OTHERS], 54);
    }

    #[test]
    fn the_report_is_written_for_the_operator() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("termination-log");
        tell("{}", &file).unwrap();
        assert_eq!(std::fs::read_to_string(file).unwrap(), "{}");
        assert!(tell("{}", directory.path()).is_err());
    }
}
