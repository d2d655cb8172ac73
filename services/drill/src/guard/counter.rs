//! Reads from the metrics of a gateway how many requests it has answered.

use crate::measure::Answers;
use crate::metrics::Counter;

/// The counter, as the gateway's metrics name it: one line for each method, route and status.
const NAME: &str = "http_requests_total{";
const STATUS: &str = "status=\"";

pub(super) const COUNTER: Counter = Counter {
    path: "/metrics",
    read: answers,
};

/// All requests that the gateway has answered since it started.
fn answers(text: &str) -> Answers {
    let mut answers = Answers::default();
    for (status, count) in text.lines().filter_map(line) {
        answers.add(status, count);
    }
    answers
}

fn line(line: &str) -> Option<(u16, u64)> {
    // A label may hold a closing brace, as routes do, but what follows the last space is the value.
    let (labels, value) = line.strip_prefix(NAME)?.rsplit_once(' ')?;
    let (_, status) = labels.split_once(STATUS)?;
    let (status, _) = status.split_once('"')?;
    Some((status.parse().ok()?, value.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_of_all_routes_are_counted_and_other_metrics_are_not() {
        let text = "# HELP http_requests_total Requests answered\n\
             # TYPE http_requests_total counter\n\
             http_requests_total{method=\"POST\",route=\"/orders\",status=\"201\"} 40\n\
             http_requests_total{platform=\"shop\",method=\"GET\",route=\"/orders/{*rest}\",status=\"404\"} 3\n\
             http_requests_total{method=\"POST\",route=\"/orders\",status=\"503\"} 7\n\
             http_request_duration_seconds_count{method=\"POST\",route=\"/orders\"} 47\n\
             gateway_retries_total{upstream=\"order\",status=\"503\"} 9\n";
        assert_eq!(answers(text), Answers { all: 50, failed: 7 });
    }

    #[test]
    fn a_gateway_that_has_answered_nothing_has_no_such_line() {
        assert_eq!(answers("# nothing yet\n"), Answers::default());
        assert_eq!(
            answers("http_requests_total{status=\"new\"} 1\n"),
            Answers::default()
        );
    }
}
