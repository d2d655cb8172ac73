//! What was not ready for a while, in words.

use fdp_crds::Outage;
use k8s_openapi::jiff::{SignedDuration, Timestamp};

use crate::view::{age::Moment, condition::part};

/// How long an outage that is over is shown.
const SHOWN: SignedDuration = SignedDuration::from_hours(24);

/// A time during which a part was not ready.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutageView {
    /// The part, such as `Services`.
    pub part: String,
    /// How long it was.
    pub lasted: String,
    /// When it began.
    pub from: Moment,
    pub message: String,
}

impl OutageView {
    /// The outages of the last day that are over; of those that last, the conditions tell.
    pub fn of_last_day(outages: &[Outage], now: Timestamp) -> Vec<Self> {
        let over = outages.iter().filter_map(|outage| {
            let to = outage.to.as_ref()?.0;
            (now.duration_since(to) < SHOWN).then(|| Self {
                part: part(&outage.condition).to_owned(),
                lasted: Moment::new(outage.from.0, to).age,
                from: Moment::new(outage.from.0, now),
                message: outage.message.clone(),
            })
        });
        over.collect()
    }

    /// All of it in one sentence.
    pub fn sentence(&self) -> String {
        format!(
            "{}: not ready for {} at {}, {} ago: {}",
            self.part, self.lasted, self.from.instant, self.from.age, self.message
        )
    }
}

#[cfg(test)]
mod tests {
    use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

    use super::*;

    #[test]
    fn an_outage_of_seconds_is_told_for_a_day_with_its_cause() {
        let time = |text: &str| Time(text.parse().unwrap());
        let outage = |to: Option<&str>| Outage {
            condition: "ServicesReady".to_owned(),
            message: "Deployment shop-pay: 0 of 1 ready".to_owned(),
            from: time("2026-01-01T12:03:00Z"),
            to: to.map(time),
        };
        let told = |now: &str| -> Vec<String> {
            let outages = [outage(None), outage(Some("2026-01-01T12:03:03Z"))];
            let views = OutageView::of_last_day(&outages, now.parse().unwrap());
            views.iter().map(OutageView::sentence).collect()
        };
        let expected =
            "Services: not ready for 3s at 2026-01-01T12:03:00Z, 5m ago: Deployment shop-pay: 0 of 1 ready";
        assert_eq!(told("2026-01-01T12:08:00Z"), [expected]);
        assert_eq!(told("2026-01-02T12:08:00Z"), [""; 0]);
    }
}
