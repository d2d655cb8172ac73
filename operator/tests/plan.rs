//! Tests the objects of a platform, one by one, as `fdp render` prints them.

#![expect(clippy::unwrap_used, reason = "helpers of tests may fail the test")]

use fdp_operator::{cli::render::render, settings::Settings};

fn rendered(spec: &str) -> String {
    let platform = format!(
        "apiVersion: fooddelivery.dev/v1alpha1\nkind: FoodDeliveryPlatform\nmetadata:\n  name: shop\n  namespace: food\nspec: {spec}\n"
    );
    render(&platform, &settings()).unwrap()
}

/// A fixed tag, so that a release does not change the snapshots.
fn settings() -> Settings {
    Settings {
        image_tag: "1.0.0".to_owned(),
        ..Settings::default()
    }
}

/// The documents of that kind and name.
fn only<'a>(documents: &'a str, kind: &str, name: &str) -> Option<&'a str> {
    documents.split("---\n").find(|document| {
        document.contains(&format!("\nkind: {kind}\n")) && document.contains(&format!("\n  name: {name}\n"))
    })
}

/// Kind and name of every document, in order.
fn names(documents: &str) -> Vec<String> {
    documents
        .split("---\n")
        .skip(1)
        .map(|document| {
            let after = |prefix: &str| {
                document
                    .lines()
                    .find_map(|line| line.strip_prefix(prefix))
                    .unwrap_or_default()
                    .to_owned()
            };
            format!("{} {}", after("kind: "), after("  name: "))
        })
        .collect()
}

#[test]
fn an_empty_specification_is_a_whole_platform() {
    insta::assert_snapshot!(rendered("{}"));
}

#[test]
fn the_local_example_differs_from_it_in_few_fields() {
    let local = render(include_str!("../../examples/local.yaml"), &settings()).unwrap();
    let gateway = only(&local, "Service", "shop-gateway").unwrap();
    assert!(
        gateway.contains("nodePort: 30080") && gateway.contains("type: NodePort"),
        "{gateway}"
    );
    for part in ["store", "delivery"] {
        let deployment = only(&local, "Deployment", &format!("shop-{part}")).unwrap();
        assert!(
            deployment.contains("name: AUTOPILOT\n          value: \"true\""),
            "{deployment}"
        );
    }
    for part in ["kafka", "postgres"] {
        let set = only(&local, "StatefulSet", &format!("shop-{part}")).unwrap();
        assert!(set.contains("whenDeleted: Delete"), "{set}");
    }
}

#[test]
fn the_minimal_example_is_the_empty_specification() {
    let minimal = render(include_str!("../../examples/minimal.yaml"), &settings()).unwrap();
    assert_eq!(names(&minimal), names(&rendered("{}")));
}

#[test]
fn rendering_twice_gives_the_same_text() {
    assert_eq!(rendered("{}"), rendered("{}"));
}

#[test]
fn a_service_that_is_switched_off_leaves_no_object() {
    let without = rendered("{ services: { marketing: { enabled: false } } }");
    let left: Vec<_> = names(&without)
        .into_iter()
        .filter(|name| name.contains("marketing"))
        .collect();
    assert_eq!(left, Vec::<String>::new());
    assert!(
        only(&without, "Secret", "shop-databases")
            .unwrap()
            .contains("marketing:"),
        "its database stays"
    );
}

#[test]
fn only_a_fixed_number_of_replicas_is_written_into_a_deployment() {
    let documents = rendered("{ services: { pay: { replicas: 3 }, store: { autoscaling: { max: 4 } } } }");
    assert!(
        only(&documents, "Deployment", "shop-pay")
            .unwrap()
            .contains("\n  replicas: 3\n")
    );
    assert_eq!(only(&documents, "HorizontalPodAutoscaler", "shop-pay"), None);
    assert!(
        !only(&documents, "Deployment", "shop-store")
            .unwrap()
            .contains("\n  replicas:")
    );
    assert!(
        only(&documents, "HorizontalPodAutoscaler", "shop-store")
            .unwrap()
            .contains("maxReplicas: 4")
    );
}

#[test]
fn a_changed_setting_changes_only_the_objects_that_have_it() {
    let before = rendered("{}");
    let after = rendered("{ services: { pay: { env: [{ name: GREETING, value: hello }] } } }");
    let changed: Vec<String> = before
        .split("---\n")
        .zip(after.split("---\n"))
        .zip(std::iter::once(String::new()).chain(names(&before)))
        .filter(|((before, after), _)| before != after)
        .map(|(_, name)| name)
        .collect();
    assert_eq!(changed, ["Deployment shop-pay"]);
}

#[test]
fn the_cluster_id_depends_on_names_only_so_a_retained_volume_fits() {
    let id = |namespace: &str| {
        let platform = format!(
            "apiVersion: fooddelivery.dev/v1alpha1\nkind: FoodDeliveryPlatform\nmetadata: {{ name: shop, namespace: {namespace} }}\nspec: {{}}\n"
        );
        let documents = render(&platform, &settings()).unwrap();
        let set = only(&documents, "StatefulSet", "shop-kafka").unwrap().to_owned();
        let lines: Vec<&str> = set.lines().map(str::trim).collect();
        let position = lines.iter().position(|line| *line == "- -t").unwrap();
        lines[position + 1]
            .trim_start_matches("- ")
            .trim_matches('"')
            .to_owned()
    };
    assert_eq!(id("food"), id("food"));
    assert_ne!(id("food"), id("other"));
    assert_eq!(id("food").len(), 22, "16 bytes in base64 for URLs");
}

#[test]
fn every_pod_meets_the_restricted_security_standard() {
    let documents = rendered("{}");
    let mut pods = 0;
    for document in documents
        .split("---\n")
        .filter(|document| document.contains("      containers:"))
    {
        pods += 1;
        for needed in [
            "runAsNonRoot: true",
            "type: RuntimeDefault",
            "allowPrivilegeEscalation: false",
            "readOnlyRootFilesystem: true",
            "automountServiceAccountToken: false",
            "- ALL",
        ] {
            assert!(document.contains(needed), "{needed} is missing:\n{document}");
        }
    }
    assert_eq!(pods, 12, "nine services, Kafka, PostgreSQL and the setup");
}

#[test]
fn a_file_that_the_api_server_would_refuse_is_refused_in_its_words() {
    let refusal = |spec: &str| {
        let platform = format!(
            "apiVersion: fooddelivery.dev/v1alpha1\nkind: FoodDeliveryPlatform\nmetadata: {{ name: shop }}\nspec: {spec}\n"
        );
        render(&platform, &settings()).unwrap_err().to_string()
    };
    assert!(
        refusal("{ gateway: { nodePort: 30080 } }")
            .contains("gateway.nodePort needs gateway.exposure: NodePort")
    );
    assert!(refusal("{ gatway: {} }").contains("gatway"));
    assert!(
        refusal("{ services: { pay: { env: [{ name: PORT, value: \"1\" }] } } }")
            .contains("services.pay.env: PORT")
    );
    assert_eq!(
        render("kind: ConfigMap", &settings()).unwrap_err().to_string(),
        "the input holds no FoodDeliveryPlatform"
    );
}

#[test]
fn nothing_is_reachable_but_by_the_edges_that_the_architecture_has() {
    let documents = rendered("{}");
    let deny = only(&documents, "NetworkPolicy", "shop-default-deny").unwrap();
    assert!(
        deny.contains("- Ingress\n  - Egress") && !deny.contains("ingress:"),
        "{deny}"
    );
    // A peer is selected by its name, or by that and the name of what tries its connections.
    let selects = |policy: &str, part: &str| {
        policy.contains(&format!("app.kubernetes.io/name: {part}\n"))
            || policy.contains(&format!("          - {part}\n"))
    };
    let pay = only(&documents, "NetworkPolicy", "shop-pay").unwrap();
    for (caller, allowed) in [
        ("gateway", true),
        ("order", true),
        ("store", false),
        ("frontend", false),
    ] {
        for caller in [caller.to_owned(), format!("{caller}-reach")] {
            assert_eq!(selects(pay, &caller), allowed, "{caller} calling pay: {pay}");
        }
    }
    let postgres = only(&documents, "NetworkPolicy", "shop-postgres").unwrap();
    assert!(
        selects(postgres, "order") && selects(postgres, "setup") && postgres.contains("port: 5432"),
        "{postgres}"
    );
    assert!(
        !selects(postgres, "gateway") && !selects(postgres, "gateway-reach"),
        "{postgres}"
    );
}

#[test]
fn sign_in_and_rates_reach_the_gateway_and_nobody_else() {
    let documents = rendered(
        "{gateway: {auth: {provider: OIDC, issuer: 'https://id.example.com', audience: food}, rateLimit: {requestsPerSecond: 20}}}",
    );
    let gateway = only(&documents, "Deployment", "shop-gateway").unwrap();
    for (name, value) in [
        ("AUTH_PROVIDER", "OIDC"),
        ("OIDC_ISSUER", "https://id.example.com"),
        ("OIDC_AUDIENCE", "food"),
        ("RATE_LIMIT_PER_SECOND", "\"20\""),
    ] {
        let variable = format!("name: {name}\n          value: {value}\n");
        assert!(gateway.contains(&variable), "{variable}{gateway}");
    }
    assert_eq!(documents.matches("name: OIDC_ISSUER").count(), 1);
    assert!(
        !rendered("{}").contains("AUTH_PROVIDER"),
        "what is left open is left to the gateway"
    );
}

#[test]
fn the_demo_is_switched_on_by_two_fields() {
    let on = rendered("{gateway: {auth: {provider: Demo, allowDemo: true}}}");
    let gateway = only(&on, "Deployment", "shop-gateway").unwrap();
    assert!(
        gateway.contains("name: DEMO_IDENTITY\n          value: allowed"),
        "{gateway}"
    );
}

#[test]
fn order_speaks_grpc_on_a_port_of_its_own() {
    let documents = rendered("{}");
    let service = only(&documents, "Service", "shop-order").unwrap();
    assert!(
        service.contains("appProtocol: grpc\n    name: grpc\n    port: 9081\n"),
        "{service}"
    );
    let deployment = only(&documents, "Deployment", "shop-order").unwrap();
    assert!(
        deployment.contains("containerPort: 9081\n          name: grpc\n"),
        "{deployment}"
    );
    let policy = only(&documents, "NetworkPolicy", "shop-order").unwrap();
    assert!(policy.contains("port: 9081"), "{policy}");
    assert_eq!(documents.matches("name: GRPC_PORT").count(), 1);
}

#[test]
fn orders_lie_in_mongodb_when_the_platform_says_where_that_is() {
    let documents = rendered("{mongodb: {provider: External, secretRef: {name: orders-mongodb}}}");
    let order = only(&documents, "Deployment", "shop-order").unwrap();
    for variable in [
        "name: ORDER_STORE\n          value: mongodb\n",
        "name: MONGODB_URL\n          valueFrom:\n            secretKeyRef:\n              key: url\n              name: orders-mongodb\n",
    ] {
        assert!(order.contains(variable), "{variable}{order}");
    }
    assert_eq!(
        documents.matches("ORDER_STORE").count(),
        1,
        "and nobody else hears of it"
    );
    let policy = only(&documents, "NetworkPolicy", "shop-order").unwrap();
    assert!(
        policy.contains("egress:\n  - {}\n"),
        "only the Secret knows where the database is: {policy}"
    );
    assert!(!rendered("{mongodb: {provider: None}}").contains("ORDER_STORE"));
}

#[test]
fn the_keys_of_the_kakao_app_reach_customer_and_nobody_else() {
    let documents = rendered("{notifications: {kakao: {secretRef: {name: kakao-app}}}}");
    let customer = only(&documents, "Deployment", "shop-customer").unwrap();
    for (name, key) in [
        ("KAKAO_REST_API_KEY", "restApiKey"),
        ("KAKAO_REFRESH_TOKEN", "refreshToken"),
        ("KAKAO_CLIENT_SECRET", "clientSecret"),
    ] {
        let variable = format!(
            "name: {name}\n          valueFrom:\n            secretKeyRef:\n              key: {key}\n              name: kakao-app\n"
        );
        assert!(customer.contains(&variable), "{variable}{customer}");
    }
    assert_eq!(documents.matches("name: kakao-app").count(), 3);
    assert!(
        !rendered("{}").contains("KAKAO"),
        "without a Secret messages stay local"
    );
}

const STRIPE: &str = "{payments: {provider: Stripe, secretRef: {name: stripe}}, gateway: {publicUrl: 'https://shop.example.com'}}";

#[test]
fn the_keys_of_the_payment_provider_reach_pay_and_nobody_else() {
    let documents = rendered(STRIPE);
    let pay = only(&documents, "Deployment", "shop-pay").unwrap();
    for (name, key) in [
        ("STRIPE_SECRET_KEY", "secretKey"),
        ("STRIPE_WEBHOOK_SECRET", "webhookSecret"),
    ] {
        let variable = format!(
            "name: {name}\n          valueFrom:\n            secretKeyRef:\n              key: {key}\n              name: stripe\n"
        );
        assert!(pay.contains(&variable), "{variable}{pay}");
    }
    let address = "name: PUBLIC_URL\n          value: https://shop.example.com\n";
    assert!(pay.contains(address), "{pay}");
    assert_eq!(documents.matches("name: stripe\n").count(), 2);
    let order = only(&documents, "Deployment", "shop-order").unwrap();
    for service in [&pay, &order] {
        let provider = "name: PAYMENT_PROVIDER\n          value: Stripe\n";
        assert!(service.contains(provider), "{service}");
    }
    assert_eq!(documents.matches("PAYMENT_PROVIDER").count(), 2);
    assert!(
        !rendered("{}").contains("PAYMENT_PROVIDER"),
        "the ledger is the default"
    );
    assert_eq!(rendered("{}"), rendered("{payments: {provider: Ledger}}"));
}

#[test]
fn customers_come_back_to_the_first_host_with_a_certificate() {
    let spec = "{payments: {provider: Stripe, secretRef: {name: stripe}}, mesh: {provider: Istio}, \
                gateway: {hosts: [shop.example.com], tls: {secretRef: {name: shop-tls}}}}";
    let documents = rendered(spec);
    let pay = only(&documents, "Deployment", "shop-pay").unwrap();
    let address = "name: PUBLIC_URL\n          value: https://shop.example.com\n";
    assert!(pay.contains(address), "{pay}");
}

#[test]
fn only_pay_reaches_the_payment_provider_and_by_https_only() {
    let egress = |spec: &str, name: &str| {
        let documents = rendered(spec);
        let policy = only(&documents, "NetworkPolicy", &format!("shop-{name}")).unwrap();
        policy.split_once("egress:").unwrap().1.to_owned()
    };
    let https = "  - ports:\n    - port: 443\n      protocol: TCP\n";
    for service in fdp_catalogue::Service::ALL.map(fdp_catalogue::Service::name) {
        let (without, with) = (egress("{}", service), egress(STRIPE, service));
        assert!(!without.contains(https), "{service}: {without}");
        assert_eq!(with.contains(https), service == "pay", "{service}: {with}");
        assert!(!with.contains("  - {}\n"), "{service}: {with}");
    }
}

#[test]
fn only_the_public_port_of_the_gateway_is_reachable_from_outside() {
    let documents = rendered("{}");
    let service = only(&documents, "Service", "shop-gateway").unwrap();
    assert!(
        service.contains("port: 8080") && !service.contains("9080"),
        "{service}"
    );
    let deployment = only(&documents, "Deployment", "shop-gateway").unwrap();
    assert!(
        deployment.contains("name: MANAGEMENT_PORT\n          value: \"9080\"\n")
            && deployment.contains("containerPort: 9080\n          name: management\n"),
        "{deployment}"
    );
    assert_eq!(
        deployment.matches("            port: http\n").count(),
        2,
        "both probes ask the port that customers use: {deployment}"
    );
    let policy = only(&documents, "NetworkPolicy", "shop-gateway").unwrap();
    let (open, guarded) = policy.split_once("port: 8080").unwrap();
    assert!(
        !open.contains("namespaceSelector") && guarded.contains("namespaceSelector"),
        "{policy}"
    );
    assert!(guarded.contains("port: 9080"), "{policy}");
}

#[test]
fn who_reads_metrics_reaches_nothing_else() {
    let documents = rendered("{}");
    let policy = only(&documents, "NetworkPolicy", "shop-order").unwrap();
    let (_, readers) = policy.split_once("namespaceSelector").unwrap();
    assert!(
        readers.contains("port: 8081") && !readers.contains("port: 9081"),
        "{policy}"
    );
}

#[test]
fn only_who_has_business_outside_may_talk_to_the_world() {
    let talkers = |spec: &str| {
        let documents = rendered(spec);
        let names = ["gateway", "order", "customer", "frontend"].into_iter();
        let talks = |name: &&str| {
            let policy = only(&documents, "NetworkPolicy", &format!("shop-{name}")).unwrap();
            policy.contains("egress:\n  - {}\n")
        };
        names.filter(talks).collect::<Vec<_>>()
    };
    assert_eq!(talkers("{}"), Vec::<&str>::new());
    assert_eq!(
        talkers("{gateway: {auth: {provider: OIDC, issuer: 'https://id.example.com', audience: food}}}"),
        ["gateway"]
    );
    assert_eq!(
        talkers("{notifications: {kakao: {secretRef: {name: kakao-app}}}}"),
        ["customer"]
    );
}

#[test]
fn the_gateway_sees_where_requests_come_from() {
    let policy = |spec: &str| {
        let documents = rendered(spec);
        let service = only(&documents, "Service", "shop-gateway").unwrap();
        service.contains("externalTrafficPolicy: Local")
    };
    assert!(policy("{gateway: {exposure: LoadBalancer}}"));
    assert!(!policy("{gateway: {exposure: NodePort}}"), "every node answers");
    assert!(!policy("{}"), "Kubernetes refuses it there");

    let behind_a_proxy = rendered("{gateway: {trustForwarded: true}}");
    let gateway = only(&behind_a_proxy, "Deployment", "shop-gateway").unwrap();
    assert!(
        gateway.contains("name: TRUST_FORWARDED\n          value: \"true\"\n"),
        "{gateway}"
    );
    assert!(
        !rendered("{}").contains("TRUST_FORWARDED"),
        "what is left open is left to the gateway"
    );
}

#[test]
fn a_service_knows_only_the_addresses_of_those_it_calls() {
    let documents = rendered("{}");
    let frontend = only(&documents, "Deployment", "shop-frontend").unwrap();
    assert!(
        frontend.contains("name: INVENTORY_URL") && !frontend.contains("name: PAY_URL"),
        "{frontend}"
    );
    let callers = |service: &str| only(&documents, "NetworkPolicy", service).unwrap();
    let frontend = "          - frontend\n";
    assert!(callers("shop-inventory").contains(frontend));
    assert!(!callers("shop-pay").contains(frontend));
}
