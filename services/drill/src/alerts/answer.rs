//! What is read of Prometheus' answer (<https://prometheus.io/docs/prometheus/latest/querying/api/#alerts>).

use crate::client::Answer;
use chrono::{DateTime, Utc};
use serde::Deserialize;

#[derive(Deserialize)]
struct Alerts {
    data: Data,
}

#[derive(Deserialize)]
struct Data {
    alerts: Vec<Alert>,
}

/// An alert whose cause is there.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Alert {
    pub(super) labels: Labels,
    /// `pending` until its cause has been there for long enough, then `firing`.
    state: String,
    /// Since when its cause is there.
    pub(super) active_at: DateTime<Utc>,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Labels {
    #[serde(rename = "alertname")]
    pub(super) name: String,
}

impl Alert {
    pub(super) fn fires(&self) -> bool {
        self.state == "firing"
    }
}

/// The alerts of an answer, if it is one.
pub(super) fn read(answer: &Answer) -> Option<Vec<Alert>> {
    answer.json::<Alerts>().map(|alerts| alerts.data.alerts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use hyper::body::Bytes;
    use hyper::header::HeaderMap;

    #[test]
    fn the_words_of_prometheus_are_understood() {
        let body = r#"{"status":"success","data":{"alerts":[{"labels":{"alertname":"ServiceDown","service":"pay",
            "severity":"critical"},"annotations":{"summary":"x"},"state":"firing",
            "activeAt":"2026-11-29T20:27:12.60602144+02:00","value":"1e+00"}]}}"#;
        let read = |body: &'static str| read(&Answer::new(200, &HeaderMap::new(), Bytes::from(body)));
        let alerts = read(body).unwrap();
        assert_eq!(alerts[0].labels.name, "ServiceDown");
        assert!(alerts[0].fires());
        assert_eq!(alerts[0].active_at.timestamp(), 1_795_976_832);
        assert!(read("<html>").is_none());
    }
}
