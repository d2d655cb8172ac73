//! Reads from the metrics of a sidecar how many requests a fault of the mesh has held up, and how many it has aborted.

use crate::measure::Answers;
use crate::metrics::Counter;

/// Envoy's counters of its filter for faults, as the end of their names:
/// <https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_filters/fault_filter#statistics>.
const DELAYS: &str = "fault_delays_injected";
const ABORTS: &str = "fault_aborts_injected";

/// Both together are all; those that were aborted let people down. A sidecar has hundreds of other metrics, which it is not
/// asked for.
pub(super) const COUNTER: Counter = Counter {
    path: "/stats/prometheus?usedonly&filter=_injected",
    read: faults,
};

fn faults(text: &str) -> Answers {
    let mut faults = Answers::default();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let Some((labelled, count)) = line.rsplit_once(' ') else {
            continue;
        };
        let (name, _) = labelled.split_once('{').unwrap_or((labelled, ""));
        let count: u64 = count.parse().unwrap_or_default();
        if name.ends_with(DELAYS) {
            faults.all += count;
        } else if name.ends_with(ABORTS) {
            faults.all += count;
            faults.failed += count;
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_that_were_held_up_are_told_apart_from_those_that_were_aborted() {
        let text = "# TYPE envoy_http_fault_aborts_injected counter\n\
             envoy_http_fault_aborts_injected{http_conn_manager_prefix=\"inbound_0.0.0.0_8081;\"} 8\n\
             envoy_http_inbound_0_0_0_0_8081___fault_aborts_injected{} 2\n\
             envoy_http_fault_delays_injected{http_conn_manager_prefix=\"inbound_0.0.0.0_8081;\"} 5\n\
             envoy_http_fault_response_rl_injected{http_conn_manager_prefix=\"inbound_0.0.0.0_8081;\"} 3\n";
        assert_eq!(faults(text), Answers { all: 15, failed: 10 });
        assert_eq!(faults(""), Answers::default(), "it has no fault yet");
    }
}
