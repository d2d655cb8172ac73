//! Converts the reported status of services into rows.

use fdp_crds::ServiceStatus;

use crate::view::state::Tone;

/// The maximum number of replicas that are drawn; more are only counted.
const REPLICAS_DRAWN: i32 = 12;

/// One service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceView {
    pub name: String,
    /// The image it should run.
    pub image: String,
    /// The version that runs: the tag of an image, or the start of its digest. `None` while none answers.
    pub version: Option<String>,
    /// The version that it should run, if that is another one, and why it does not.
    pub wanted: Option<String>,
    /// Replicas that are ready.
    pub ready: i32,
    /// Desired replicas.
    pub desired: i32,
    pub tone: Tone,
    /// The label of the tone.
    pub label: &'static str,
    /// One entry per replica that is drawn: whether it is ready.
    pub replicas: Vec<bool>,
}

impl ServiceView {
    /// The row of one service.
    pub fn of(status: &ServiceStatus) -> Self {
        let (tone, label) = match (status.ready, status.desired) {
            (_, ..=0) => (Tone::Paused, "Scaled to zero"),
            (..=0, _) if status.problem.is_some() => (Tone::Bad, "None ready"),
            (..=0, _) => (Tone::Busy, "None ready"),
            _ if status.problem.is_some() => (Tone::Bad, "Old version"),
            (ready, desired) if ready < desired => (Tone::Busy, "Partly ready"),
            _ if status.wanted.is_some() => (Tone::Busy, "Old version"),
            _ => (Tone::Good, "Ready"),
        };
        let drawn = status.desired.min(REPLICAS_DRAWN);
        Self {
            name: status.name.clone(),
            image: status.image.clone(),
            version: running(status),
            wanted: status.wanted.as_ref().map(|wanted| match &status.problem {
                Some(problem) => format!("{wanted} wanted: {problem}"),
                None => format!("{wanted} wanted"),
            }),
            ready: status.ready,
            desired: status.desired,
            tone,
            label,
            replicas: (0..drawn).map(|replica| replica < status.ready).collect(),
        }
    }

    /// Whether it has every replica that it should have.
    pub fn is_complete(&self) -> bool {
        self.ready >= self.desired
    }
}

/// The version that runs. An operator before 0.2 reports only which one should.
fn running(status: &ServiceStatus) -> Option<String> {
    let is_told = status.running.is_some() || status.wanted.is_some();
    match &status.running {
        Some(running) => Some(running.clone()),
        None if is_told => None,
        None => Some(image_version(&status.image)),
    }
}

/// The version in an image's name: its tag, else the start of its digest, else `latest`.
fn image_version(image: &str) -> String {
    let (name, digest) = match image.split_once('@') {
        Some((name, digest)) => (name, Some(digest)),
        None => (image, None),
    };
    // A colon before the last slash belongs to the registry's port.
    let last = name.rsplit('/').next().unwrap_or(name);
    if let Some((_, tag)) = last.split_once(':') {
        return tag.to_owned();
    }
    match digest {
        Some(digest) => {
            let hash = digest.split_once(':').map_or(digest, |(_, hash)| hash);
            hash.chars().take(12).collect()
        }
        None => "latest".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn service(ready: i32, desired: i32) -> ServiceView {
        ServiceView::of(&ServiceStatus {
            name: "order".to_owned(),
            image: "localhost/food-delivery/order:1.0".to_owned(),
            ready,
            desired,
            ..ServiceStatus::default()
        })
    }

    #[test]
    fn the_version_is_the_tag_whatever_the_registry_is_called() {
        let cases = [
            ("localhost/food-delivery/order:0.1.0", "0.1.0"),
            ("registry:5000/order", "latest"),
            ("registry:5000/order:2", "2"),
            ("order:2@sha256:0123456789abcdef", "2"),
            ("registry:5000/order@sha256:0123456789abcdef", "0123456789ab"),
            ("", "latest"),
        ];
        for (image, expected) in cases {
            assert_eq!(image_version(image), expected, "{image}");
        }
    }

    #[test]
    fn the_version_that_runs_and_the_one_that_is_wanted_are_told_apart() {
        let mut status = ServiceStatus {
            name: "pay".to_owned(),
            image: "localhost/food-delivery/pay:nosuchtag".to_owned(),
            ready: 1,
            desired: 1,
            running: Some("0.1.0".to_owned()),
            wanted: Some("nosuchtag".to_owned()),
            ..ServiceStatus::default()
        };
        let rolling = ServiceView::of(&status);
        assert_eq!((rolling.tone, rolling.label), (Tone::Busy, "Old version"));
        assert_eq!(rolling.wanted.as_deref(), Some("nosuchtag wanted"));
        status.problem = Some("cannot be pulled".to_owned());
        let stopped = ServiceView::of(&status);
        assert_eq!(
            (stopped.tone, stopped.version.as_deref()),
            (Tone::Bad, Some("0.1.0"))
        );
        assert_eq!(
            stopped.wanted.as_deref(),
            Some("nosuchtag wanted: cannot be pulled")
        );
        (status.running, status.ready) = (None, 0);
        let never = ServiceView::of(&status);
        assert_eq!((never.version, never.label), (None, "None ready"));
    }

    #[test]
    fn a_service_is_ready_with_all_its_replicas() {
        assert_eq!(service(2, 2).tone, Tone::Good);
        assert_eq!(service(1, 2).tone, Tone::Busy);
        assert_eq!(service(0, 2).label, "None ready");
        assert_eq!(service(0, 0).tone, Tone::Paused);
        assert_eq!(
            service(3, 2).tone,
            Tone::Good,
            "during a rollout there are more than desired"
        );
    }

    #[test]
    fn replicas_are_drawn_one_by_one_up_to_a_dozen() {
        assert_eq!(service(1, 3).replicas, [true, false, false]);
        assert_eq!(service(100, 100).replicas.len(), 12);
        assert_eq!(service(0, 0).replicas, [false; 0]);
    }
}
