//! What was measured while a fault was there, as text.

use fdp_drill::{Measured, Phase};

/// What was measured while the fault was there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Figures {
    /// Such as `150 of 150`.
    pub accepted: String,
    /// Such as `100.00 %`.
    pub availability: String,
    /// Such as `10.0/s`.
    pub per_second: String,
    /// Such as `100 ms`; none if no order was accepted.
    pub p99: Option<String>,
}

impl Figures {
    /// Those of the phase `Fault`, if orders were asked for in it.
    pub(super) fn during_fault(measured: &[Measured]) -> Option<Self> {
        let during = measured.iter().find(|measured| measured.phase == Phase::Fault)?;
        let share = during.availability()?;
        Some(Self {
            accepted: format!("{} of {}", during.accepted, during.asked),
            // Never rounded up: 99.999 % is not 100.00 %.
            availability: format!("{:.2} %", (share * 100.0).floor() / 100.0),
            per_second: format!("{:.1}/s", during.per_second()),
            p99: (during.accepted > 0).then(|| format!("{} ms", during.p99_ms)),
        })
    }

    /// All of them in a line.
    pub fn sentence(&self) -> String {
        let Self {
            accepted,
            availability,
            per_second,
            p99,
        } = self;
        let p99 = p99.as_ref().map(|p99| format!(", p99 {p99}"));
        format!(
            "{accepted} orders accepted ({availability}), {per_second}{}",
            p99.unwrap_or_default()
        )
    }
}
