//! What the status pages and the command line show of platforms, without I/O.

pub mod age;
pub mod condition;
pub mod cure;
pub mod drill;
pub mod metrics;
pub mod outage;
pub mod service;
pub mod state;
#[cfg(test)]
pub(crate) mod test_platform;

use fdp_crds::{FoodDeliveryPlatform, ResilienceDrill, condition::READY};
use k8s_openapi::jiff::Timestamp;
use kube::ResourceExt;

use age::Moment;
use condition::ConditionView;
use cure::Cure;
use drill::DrillsView;
use outage::OutageView;
use service::ServiceView;
use state::State;

/// Reasons of `Ready` that no part's condition has.
const PLATFORM_REASONS: [&str; 5] = [
    "InvalidSpec",
    "ApplyFailed",
    "Suspended",
    "OrdersRefused",
    "OrdersNotDelivered",
];

/// All platforms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overview {
    /// By namespace, then by name.
    pub platforms: Vec<PlatformView>,
    /// How many of them are ready.
    pub ready: usize,
}

impl Overview {
    /// The overview of `platforms` at `now`.
    pub fn of<'a>(platforms: impl Iterator<Item = &'a FoodDeliveryPlatform>, now: Timestamp) -> Self {
        let mut platforms: Vec<_> = platforms
            .map(|platform| PlatformView::of(platform, now))
            .collect();
        platforms.sort_by(|one, other| (&one.namespace, &one.name).cmp(&(&other.namespace, &other.name)));
        let ready = platforms.iter().filter(|platform| platform.is_ready()).count();
        Self { platforms, ready }
    }
}

/// One platform.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlatformView {
    pub name: String,
    pub namespace: String,
    pub state: State,
    /// The version that all services run.
    pub version: Option<String>,
    pub address: Option<Address>,
    /// When it was created.
    pub created: Option<Moment>,
    /// The resource's current generation, and the one that the status is about.
    pub generation: Option<i64>,
    pub observed_generation: Option<i64>,
    /// The last change of any condition, with that condition's name.
    pub last_transition: Option<(String, Moment)>,
    /// What is not ready, and why.
    pub problems: Vec<Problem>,
    pub conditions: Vec<ConditionView>,
    pub services: Vec<ServiceView>,
    /// What was not ready for a while during the last day.
    pub outages: Vec<OutageView>,
    pub drills: DrillsView,
}

/// The address of a platform's API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    pub text: String,
    /// Whether it may be a link: only `http` and `https` may.
    pub is_link: bool,
    /// Whether it resolves only inside the cluster.
    pub is_internal: bool,
}

/// Something that is not ready.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The part, or `Platform`.
    pub part: String,
    pub reason: String,
    pub message: String,
    pub tone: state::Tone,
    pub cure: Option<Cure>,
}

impl PlatformView {
    /// The view of `platform` at `now`.
    pub fn of(platform: &FoodDeliveryPlatform, now: Timestamp) -> Self {
        let status = platform.status.clone().unwrap_or_default();
        let generation = platform.metadata.generation;
        let conditions = condition::rows(platform, now);
        let last_transition = status
            .conditions
            .iter()
            // If several changed at the same time, the first one counts.
            .rev()
            .max_by_key(|condition| condition.last_transition_time.0)
            .map(|last| (last.type_.clone(), Moment::new(last.last_transition_time.0, now)));
        Self {
            name: platform.name_any(),
            namespace: platform.namespace().unwrap_or_default(),
            state: State::of(platform),
            version: status.version,
            address: status.url.map(Address::new),
            created: platform
                .creation_timestamp()
                .map(|created| Moment::new(created.0, now)),
            generation,
            observed_generation: status.observed_generation.filter(|generation| *generation >= 0),
            last_transition,
            problems: problems(&conditions),
            conditions,
            services: status.services.iter().map(ServiceView::of).collect(),
            outages: OutageView::of_last_day(&status.outages, now),
            drills: DrillsView::default(),
        }
    }

    /// The same view with the drills of the platform.
    #[must_use]
    pub fn with_drills<'d>(
        mut self,
        drills: impl IntoIterator<Item = &'d ResilienceDrill>,
        now: Timestamp,
    ) -> Self {
        self.drills = DrillsView::of(drills, now);
        self
    }

    /// Whether everything is ready as the current generation describes it.
    pub fn is_ready(&self) -> bool {
        self.state == State::Ready
    }

    /// How many services have all their replicas.
    pub fn complete_services(&self) -> usize {
        self.services
            .iter()
            .filter(|service| service.is_complete())
            .count()
    }
}

impl Address {
    fn new(text: String) -> Self {
        let authority = text
            .strip_prefix("http://")
            .or_else(|| text.strip_prefix("https://"));
        let host = authority.and_then(|rest| rest.split(['/', ':', '?', '#']).next());
        Self {
            is_link: host.is_some_and(|host| !host.is_empty()),
            is_internal: host.is_some_and(|host| host.rsplit('.').next() == Some("svc")),
            text,
        }
    }
}

/// Each part that is not ready, and the platform's own problem if no part explains it. A part whose state is `Unknown`
/// is no problem.
fn problems(conditions: &[ConditionView]) -> Vec<Problem> {
    let parts: Vec<_> = conditions
        .iter()
        .filter(|row| condition::is_about_a_part(&row.type_) && row.status == "False")
        .collect();
    let whole = conditions
        .iter()
        .find(|row| row.type_ == READY && row.status != "True")
        .filter(|row| parts.is_empty() || PLATFORM_REASONS.contains(&row.reason.as_str()));
    whole
        .map(|row| ("Platform", row))
        .into_iter()
        .chain(parts.into_iter().map(|row| (condition::part(&row.type_), row)))
        .map(|(part, row)| Problem {
            part: part.to_owned(),
            reason: row.reason.clone(),
            message: row.message.clone(),
            tone: row.tone,
            cure: row.cure.clone(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::view::test_platform::platform;

    fn now() -> Timestamp {
        "2026-01-02T00:00:00Z".parse().unwrap()
    }

    fn condition(type_: &str, status: &str, reason: &str, message: &str, time: &str) -> Value {
        json!({ "type": type_, "status": status, "reason": reason, "message": message,
                "lastTransitionTime": format!("2026-01-01T{time}Z") })
    }

    fn view(conditions: &[Value]) -> PlatformView {
        let shop = platform(json!({
            "metadata": { "name": "shop", "namespace": "a", "generation": 3,
                          "creationTimestamp": "2026-01-01T00:00:00Z" },
            "spec": {},
            "status": { "observedGeneration": 3, "conditions": conditions },
        }));
        PlatformView::of(&shop, now())
    }

    fn told(view: &PlatformView) -> Vec<(&str, &str)> {
        view.problems
            .iter()
            .map(|problem| (problem.part.as_str(), problem.message.as_str()))
            .collect()
    }

    #[test]
    fn each_unready_part_is_a_problem_in_the_order_of_the_conditions() {
        let view = view(&[
            condition(
                "Ready",
                "False",
                "KafkaNotReady",
                "no kafka; no order",
                "00:00:00",
            ),
            condition("ServicesReady", "False", "Waiting", "no order", "00:00:00"),
            condition("DatabaseReady", "True", "Ready", "fine", "00:00:00"),
            condition("KafkaReady", "False", "Waiting", "no kafka", "00:00:00"),
        ]);
        assert_eq!(told(&view), [("Kafka", "no kafka"), ("Services", "no order")]);
    }

    #[test]
    fn a_problem_of_no_part_is_one_of_the_platform() {
        let refused = view(&[
            condition("Ready", "False", "ApplyFailed", "Secret x: forbidden", "00:00:00"),
            condition("KafkaReady", "False", "Waiting", "no kafka", "00:00:00"),
        ]);
        assert_eq!(
            told(&refused),
            [("Platform", "Secret x: forbidden"), ("Kafka", "no kafka")]
        );
        let invalid = view(&[
            condition("Ready", "False", "InvalidSpec", "bad quantity", "00:00:00"),
            condition(
                "KafkaReady",
                "Unknown",
                "InvalidSpec",
                "not looked at",
                "00:00:00",
            ),
        ]);
        assert_eq!(told(&invalid), [("Platform", "bad quantity")]);
        let new_reason = view(&[condition("Ready", "False", "SomethingNew", "why", "00:00:00")]);
        assert_eq!(told(&new_reason), [("Platform", "why")]);
    }

    #[test]
    fn a_ready_platform_has_no_problems() {
        let view = view(&[
            condition("Ready", "True", "PlatformReady", "everything is up", "00:00:00"),
            condition("Reconciling", "False", "Finished", "done", "00:00:00"),
            condition("Stalled", "False", "NotStalled", "fine", "00:00:00"),
            condition("KafkaReady", "True", "Ready", "fine", "00:00:00"),
        ]);
        assert_eq!(told(&view), []);
    }

    #[test]
    fn the_last_transition_is_the_latest_of_all() {
        let view = view(&[
            condition("Ready", "False", "R", "", "03:00:00"),
            condition("KafkaReady", "False", "R", "", "23:00:00"),
            condition("DatabaseReady", "False", "R", "", "23:00:00"),
        ]);
        let (type_, moment) = view.last_transition.unwrap();
        assert_eq!((type_.as_str(), moment.age.as_str()), ("KafkaReady", "1h"));
    }

    #[test]
    fn only_web_addresses_become_links() {
        let link = |text: &str| Address::new(text.to_owned()).is_link;
        assert!(link("http://127.0.0.1:30080"));
        assert!(link("https://shop.example.com/"));
        assert!(!link("pending"));
        assert!(!link("javascript:alert(1)"));
        assert!(!link("http://"));
        assert!(!link("//shop.example.com"));
    }

    #[test]
    fn an_address_inside_the_cluster_is_marked_as_internal() {
        let internal = |text: &str| Address::new(text.to_owned()).is_internal;
        assert!(internal("http://shop-gateway.food.svc:8080"));
        assert!(!internal("http://shop.example.com:8080"));
        assert!(!internal("pending"));
    }

    #[test]
    fn platforms_are_sorted_by_namespace_then_name_and_the_ready_ones_counted() {
        let named = |namespace: &str, name: &str, ready: &str| {
            platform(json!({
                "metadata": { "name": name, "namespace": namespace, "generation": 1 },
                "spec": {},
                "status": { "observedGeneration": 1,
                            "conditions": [condition("Ready", ready, "R", "", "00:00:00")] },
            }))
        };
        let platforms = [("b", "a", "True"), ("a", "z", "False"), ("a", "b", "True")]
            .map(|(namespace, name, ready)| Box::new(named(namespace, name, ready)));
        let overview = Overview::of(platforms.iter().map(AsRef::as_ref), now());
        let order: Vec<_> = overview
            .platforms
            .iter()
            .map(|platform| (platform.namespace.as_str(), platform.name.as_str()))
            .collect();
        assert_eq!(order, [("a", "b"), ("a", "z"), ("b", "a")]);
        assert_eq!(overview.ready, 2);
    }

    #[test]
    fn the_view_has_age_and_generations() {
        let view = view(&[]);
        assert_eq!(view.created.unwrap().age, "1d");
        assert_eq!((view.generation, view.observed_generation), (Some(3), Some(3)));
    }
}
