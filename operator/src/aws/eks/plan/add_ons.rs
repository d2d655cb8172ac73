//! Plans the add-ons of a cluster.

use serde_json::{Value, json};

use crate::aws::eks::{
    actual::{Actual, ActualAddOn},
    desired::{Desired, VOLUMES},
    plan::Plan,
    role::Role,
    step::{NewAddOn, Step},
};

impl Plan {
    /// Plans all add-ons.
    pub(super) fn add_ons(&mut self, desired: &Desired, actual: &Actual) {
        for name in &desired.add_ons {
            let there = actual.add_on(name);
            if name == VOLUMES && needs_our_role(desired, there) {
                self.volumes(desired, actual, there);
            } else if let Some(add_on) = there {
                self.is_active("EKS add-on", name, &add_on.state);
            } else {
                self.steps.push(Step::CreateAddOn(NewAddOn {
                    name: name.clone(),
                    role_arn: None,
                    configuration: None,
                }));
            }
        }
    }

    /// Plans the add-on that makes volumes, after its role.
    fn volumes(&mut self, desired: &Desired, actual: &Actual, there: Option<&ActualAddOn>) {
        let role = self.role(desired, Role::Volumes, actual);
        match (there, role) {
            (None, role_arn) => self.steps.extend(role_arn.map(|role_arn| {
                Step::CreateAddOn(NewAddOn {
                    name: VOLUMES.to_owned(),
                    role_arn: Some(role_arn),
                    configuration: Some(with_default_storage_class()),
                })
            })),
            (Some(add_on), Some(role_arn)) if add_on.role_arn.is_none() => {
                self.steps.push(Step::GiveRole {
                    add_on: VOLUMES.to_owned(),
                    role_arn,
                });
            }
            (Some(add_on), _) => {
                self.is_active("EKS add-on", VOLUMES, &add_on.state);
            }
        }
    }
}

/// Whether the add-on that makes volumes is to have the role that the operator makes. One that works by the rights of the
/// nodes, or by a role that somebody else gave it, stays as it is.
fn needs_our_role(desired: &Desired, there: Option<&ActualAddOn>) -> bool {
    let Some(add_on) = there else {
        return true;
    };
    match &add_on.role_arn {
        None => add_on.degraded,
        Some(arn) => arn.ends_with(&format!(":role/{}", Role::Volumes.name(&desired.name))),
    }
}

/// EKS marks no `StorageClass` as the default one since version 1.30, and claims that name none would wait for ever. The
/// add-on brings one along if it is told so: <https://github.com/kubernetes-sigs/aws-ebs-csi-driver>.
fn with_default_storage_class() -> Value {
    json!({ "defaultStorageClass": { "enabled": true } })
}
