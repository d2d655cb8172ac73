//! The connections that the architecture needs, each with the port at which the pod listens.

use std::collections::BTreeMap;

use fdp_catalogue::Service;

use crate::{
    judge::{Connection, Place},
    platforms::{Case, is_ours},
};

/// The HTTP calls between services, listed here independently of the catalogue.
const CALLS: [(&str, &[&str]); 3] = [
    ("gateway", &STATEFUL),
    ("order", &["pay"]),
    ("frontend", &["order", "store", "delivery", "inventory"]),
];
/// Every service but the gateway.
const STATEFUL: [&str; 8] = [
    "order",
    "pay",
    "store",
    "delivery",
    "inventory",
    "customer",
    "marketing",
    "frontend",
];

/// The needed connections between the existing places.
struct Needs<'a> {
    places: &'a BTreeMap<String, Place>,
    all: Vec<Connection>,
}

impl Needs<'_> {
    fn tcp(&mut self, from: &str, to: &str, port: u16) {
        self.add(from, to, port, "TCP");
    }

    /// Adds a connection; it is also needed from and to the canary of either side, if there is one, and from the pod that
    /// tries it for a service.
    fn add(&mut self, from: &str, to: &str, port: u16, protocol: &'static str) {
        let twins = |name: &str, others: &[&str]| {
            let others = others.iter().map(|other| format!("{name}-{other}"));
            std::iter::once(name.to_owned())
                .chain(others)
                .filter(|name| self.places.contains_key(name))
                .collect::<Vec<_>>()
        };
        let (sources, destinations) = (twins(from, &["canary", "reach"]), twins(to, &["canary"]));
        assert!(
            !sources.is_empty() && !destinations.is_empty(),
            "is there {from} and {to}?"
        );
        for source in &sources {
            for destination in &destinations {
                self.all.push(Connection {
                    name: format!("{source} → {destination}, {protocol} {port}"),
                    from: self.places[source].clone(),
                    to: self.places[destination].clone(),
                    port,
                    protocol,
                });
            }
        }
    }
}

/// All connections that a platform needs.
pub(crate) fn needs(case: &Case, places: &BTreeMap<String, Place>) -> Vec<Connection> {
    let mut needs = Needs {
        places,
        all: Vec::new(),
    };
    everybody(&mut needs);
    services(&mut needs);
    let has = |word: &str| case.spec.contains(word);
    data_stores(&mut needs, &has);
    if has("mesh") {
        mesh(&mut needs);
    }
    if has(r#""logging""#) {
        logging(&mut needs, has("ECK"));
    }
    if has(r#""monitoring""#) {
        monitoring(&mut needs);
    }
    if has("OIDC") {
        needs.tcp("gateway", "outside", 443);
    }
    if has("kakao") {
        needs.tcp("customer", "outside", 443);
    }
    if has("Stripe") {
        needs.tcp("pay", "outside", 443);
    }
    if has("extensions") {
        extensions(&mut needs);
    }
    needs.all
}

/// DNS, as in clusters of several kinds.
fn everybody(needs: &mut Needs<'_>) {
    let parts = needs.places.iter().filter(|(_, place)| is_ours(place));
    let parts: Vec<String> = parts.map(|(name, _)| name.clone()).collect();
    for part in parts {
        for (server, port) in [
            // The CoreDNS of our local cluster listens on 1053 behind port 53 of its Service.
            ("kube-dns", 53),
            ("kube-dns", 1053),
            ("OpenShift's DNS", 5353),
            ("a cache on the node", 53),
        ] {
            needs.add(&part, server, port, "UDP");
            needs.add(&part, server, port, "TCP");
        }
    }
}

fn services(needs: &mut Needs<'_>) {
    for (caller, called) in CALLS {
        for called in called {
            needs.tcp(caller, called, port_of(called));
        }
    }
    for caller in ["gateway", "frontend"] {
        // Its gRPC API, for the callers of its HTTP API.
        needs.tcp(caller, "order", 9081);
    }
    for customer in ["outside", "foreigner"] {
        needs.tcp(customer, "gateway", 8080);
    }
    for service in Service::ALL {
        needs.tcp("metrics reader", service.name(), metrics_port(service));
        for port in [4317, 4318] {
            needs.tcp(service.name(), "collector", port);
        }
    }
}

fn data_stores(needs: &mut Needs<'_>, has: &dyn Fn(&str) -> bool) {
    let (kafka, kafka_port) = if has("Strimzi") {
        ("Strimzi's broker", 9092)
    } else if has(r#""kafka": {"provider": "External""#) {
        ("outside", 9096)
    } else {
        ("kafka", 9092)
    };
    let (postgres, postgres_port) = if has("CloudNativePG") {
        ("CloudNativePG's server", 5432)
    } else if has(r#""postgres": {"provider": "External""#) {
        ("outside", 6432)
    } else {
        ("postgres", 5432)
    };
    for client in STATEFUL.into_iter().chain(["setup"]) {
        needs.tcp(client, kafka, kafka_port);
        needs.tcp(client, postgres, postgres_port);
    }
    if has(r#""ui""#) {
        needs.tcp("kafka-ui", kafka, kafka_port);
    }
    if has(r#""brokers": 3"#) {
        needs.tcp("kafka", "kafka", 9092);
        needs.tcp("kafka", "kafka", 9093);
    }
    if has("mongodb") {
        let elsewhere = has(r#""mongodb": {"provider": "External""#);
        let server = if elsewhere { "outside" } else { "mongodb" };
        for client in ["order", "setup"] {
            needs.tcp(client, server, 27017);
        }
    }
}

/// The ports are those of istiod's pod: its Service uses the same numbers.
fn mesh(needs: &mut Needs<'_>) {
    for service in Service::ALL {
        for control_plane in ["istiod", "another istiod"] {
            needs.tcp(service.name(), control_plane, 15012);
            needs.tcp(service.name(), control_plane, 15010);
        }
        needs.tcp("metrics reader", service.name(), 15020);
    }
}

fn logging(needs: &mut Needs<'_>, eck: bool) {
    let (elasticsearch, kibana) = if eck {
        ("ECK's Elasticsearch", "ECK's Kibana")
    } else {
        needs.tcp("kibana", "elasticsearch", 9200);
        ("elasticsearch", "kibana")
    };
    needs.tcp("fluentd", elasticsearch, 9200);
    needs.tcp("logging-setup", elasticsearch, 9200);
    needs.tcp("logging-setup", kibana, 5601);
}

fn monitoring(needs: &mut Needs<'_>) {
    for service in Service::ALL {
        needs.tcp("prometheus", service.name(), metrics_port(service));
    }
    needs.tcp("grafana", "prometheus", 9090);
    // The API server listens on 6443 with kubeadm, and on 443 at EKS.
    for port in [443, 6443] {
        needs.tcp("prometheus", "the API server", port);
    }
}

fn extensions(needs: &mut Needs<'_>) {
    needs.tcp("gateway", "coupons", 8090);
    needs.tcp("coupons", "kafka", 9092);
    for (extension, port) in [("coupons", 8090), ("reports", 8091)] {
        needs.tcp("metrics reader", extension, port);
        for port in [4317, 4318] {
            needs.tcp(extension, "collector", port);
        }
    }
}

fn port_of(service: &str) -> u16 {
    let service = Service::ALL.into_iter().find(|known| known.name() == service);
    service.unwrap().port()
}

/// The gateway has a separate port for metrics, because its other port is public.
fn metrics_port(service: Service) -> u16 {
    if service == Service::Gateway {
        9080
    } else {
        service.port()
    }
}
