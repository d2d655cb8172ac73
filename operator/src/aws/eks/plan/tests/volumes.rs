//! The add-on that makes volumes, and its role.

use serde_json::json;

use super::*;
use crate::aws::eks::desired::VOLUMES;

const ROLE: &str = "arn:aws:iam::123456789012:role/shop-eks-volumes";
const POLICY: &str = "arn:aws:iam::aws:policy/service-role/AmazonEBSCSIDriverPolicy";

/// A cluster that makes volumes.
fn with_volumes() -> Desired {
    Desired {
        add_ons: vec![VOLUMES.to_owned()],
        ..desired_cluster()
    }
}

/// The platform's cluster with the add-on as it is before the operator gives it a role.
fn with_add_on(role_arn: Option<&str>, degraded: bool) -> Actual {
    let mut actual = existing();
    actual.add_ons = vec![ActualAddOn {
        name: VOLUMES.to_owned(),
        state: if degraded {
            State::Busy("degraded".to_owned())
        } else {
            State::Active
        },
        degraded,
        role_arn: role_arn.map(str::to_owned),
        modified_at: "noon".to_owned(),
    }];
    actual
}

fn described(steps: &[Step]) -> Vec<String> {
    steps.iter().map(|step| step.describe("shop")).collect()
}

#[test]
fn the_driver_comes_after_its_role_with_it_and_a_default_storage_class() {
    let mut actual = existing();
    let steps = reconcile(&with_volumes(), &mut actual);
    assert_eq!(
        described(&steps),
        [
            "create IAM role shop-eks-volumes".to_owned(),
            format!("give IAM role shop-eks-volumes the policy {POLICY}"),
            format!("create EKS add-on {VOLUMES} of cluster shop"),
        ]
    );
    let Step::CreateAddOn(add_on) = &steps[2] else {
        panic!("{steps:?}");
    };
    assert_eq!(add_on.role_arn.as_deref(), Some(ROLE));
    assert_eq!(
        add_on.configuration,
        Some(json!({ "defaultStorageClass": { "enabled": true } }))
    );
    assert_eq!(plan(&with_volumes(), &actual), Plan::default());
}

#[test]
fn the_role_waits_for_the_identity_provider_that_it_trusts() {
    let mut actual = existing();
    actual.identity_providers.clear();
    let steps = plan(&with_volumes(), &actual).steps;
    assert!(
        matches!(&steps[..], [Step::CreateIdentityProvider { .. }]),
        "{steps:?}"
    );
}

#[test]
fn a_driver_that_works_by_another_role_stays_as_it_is() {
    for role in [None, Some("arn:aws:iam::123456789012:role/theirs")] {
        let actual = with_add_on(role, false);
        assert_eq!(plan(&with_volumes(), &actual), Plan::default());
    }
}

#[test]
fn a_driver_that_fails_by_the_rights_of_the_nodes_gets_a_role() {
    let mut actual = with_add_on(None, true);
    let steps = reconcile(&with_volumes(), &mut actual);
    assert_eq!(
        described(&steps[2..]),
        [format!(
            "give EKS add-on {VOLUMES} of cluster shop the role {ROLE}"
        )]
    );
    assert_eq!(steps.len(), 3);
    assert_eq!(plan(&with_volumes(), &actual), Plan::default());
}

#[test]
fn a_cluster_made_anew_is_trusted_in_place_of_the_former_one() {
    let mut actual = existing();
    reconcile(&with_volumes(), &mut actual);
    actual.identity_providers = vec!["arn:aws:iam::123456789012:oidc-provider/issuer/another".to_owned()];
    let steps = reconcile(&with_volumes(), &mut actual);
    assert_eq!(
        described(&steps),
        ["set who may assume IAM role shop-eks-volumes"]
    );
    let trust = actual.volumes_role.unwrap().trust.unwrap();
    assert!(trust.to_string().contains("issuer/another:sub"), "{trust}");
}

#[test]
fn a_role_of_another_owner_is_named_and_the_driver_waits() {
    let mut actual = existing();
    actual.volumes_role = Some(ActualRole {
        ours: false,
        ..actual.nodes_role.clone().unwrap()
    });
    let plan = plan(&with_volumes(), &actual);
    assert_eq!(plan.steps, []);
    assert!(
        plan.blocked[0].starts_with("IAM role shop-eks-volumes is there and not this platform's"),
        "{:?}",
        plan.blocked
    );
}
