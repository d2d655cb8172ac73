//! Which namespaces may use which of the operator's means at AWS, by the operator's settings.

use std::{collections::BTreeMap, fmt};

use serde::Deserialize;

use crate::spec::Aws;

/// How the setting is called.
pub const SETTING: &str = "--aws-namespaces";

/// What each namespace may do at AWS.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct AwsNamespaces(BTreeMap<String, Grant>);

/// What one namespace may do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct Grant {
    /// All of them if it is not set.
    services: Option<Vec<CloudService>>,
    /// The role that is assumed, with the namespace as the external ID; the operator's own if it is not set.
    role_arn: Option<String>,
    /// How the names of its resources have to start.
    name_prefix: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
enum CloudService {
    Ecr,
    Eks,
    CodeBuild,
}

/// As whom a namespace acts at AWS; the default is the operator itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Identity(Option<Role>);

/// A role that is assumed for a namespace.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Role {
    pub arn: String,
    /// The external ID, by which the role's trust policy tells namespaces apart.
    pub namespace: String,
}

/// Why a platform may not use AWS as it says.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAllowed {
    #[error(
        "the operator's setting {SETTING} has no entry for namespace {namespace}, so that its platforms get nothing at AWS"
    )]
    Namespace { namespace: String },
    #[error("the operator's setting {SETTING} does not allow namespace {namespace} the part {field}")]
    Service { namespace: String, field: &'static str },
    #[error(
        "{field} is {name}, and has to start with {prefix}: so says the operator's setting {SETTING} for namespace {namespace}"
    )]
    Name {
        namespace: String,
        field: &'static str,
        name: String,
        prefix: String,
    },
}

/// The setting cannot be read.
#[derive(Debug, thiserror::Error)]
#[error(
    "the namespaces that may use AWS have to be YAML or JSON such as {{food: {{services: [ecr, eks, codeBuild]}}}}: {0}"
)]
pub struct Unreadable(#[from] serde_saphyr::Error);

impl AwsNamespaces {
    /// Reads the setting: YAML, with an entry for each namespace.
    ///
    /// # Errors
    /// When it is no such YAML, or has a word that is not known.
    pub fn read(text: &str) -> Result<Self, Unreadable> {
        Ok(serde_saphyr::from_str(text)?)
    }

    /// As whom the platforms of a namespace act at AWS.
    ///
    /// # Errors
    /// When they may not.
    pub fn identity(&self, namespace: &str) -> Result<Identity, NotAllowed> {
        let grant = self.grant(namespace)?;
        Ok(Identity(grant.role_arn.as_ref().map(|arn| Role {
            arn: arn.clone(),
            namespace: namespace.to_owned(),
        })))
    }

    /// Whether a platform of a namespace may have that at AWS, and as whom.
    ///
    /// # Errors
    /// When it may not.
    pub fn allow(&self, namespace: &str, aws: &Aws) -> Result<Identity, NotAllowed> {
        let grant = self.grant(namespace)?;
        let wanted = [
            (
                CloudService::Ecr,
                "cloud.aws.ecr",
                "cloud.aws.ecr.prefix",
                aws.ecr.as_ref().map(|ecr| &ecr.prefix),
            ),
            (
                CloudService::Eks,
                "cloud.aws.eks",
                "cloud.aws.eks.name",
                aws.eks.as_ref().map(|eks| &eks.name),
            ),
            (
                CloudService::CodeBuild,
                "cloud.aws.codeBuild",
                "cloud.aws.codeBuild.prefix",
                aws.code_build.as_ref().map(|projects| &projects.prefix),
            ),
        ];
        for (service, part, field, name) in wanted {
            let Some(name) = name else { continue };
            if grant
                .services
                .as_ref()
                .is_some_and(|allowed| !allowed.contains(&service))
            {
                return Err(NotAllowed::Service {
                    namespace: namespace.to_owned(),
                    field: part,
                });
            }
            if let Some(prefix) = &grant.name_prefix
                && !name.starts_with(prefix)
            {
                return Err(NotAllowed::Name {
                    namespace: namespace.to_owned(),
                    field,
                    name: name.clone(),
                    prefix: prefix.clone(),
                });
            }
        }
        self.identity(namespace)
    }

    fn grant(&self, namespace: &str) -> Result<&Grant, NotAllowed> {
        self.0.get(namespace).ok_or_else(|| NotAllowed::Namespace {
            namespace: namespace.to_owned(),
        })
    }
}

impl Identity {
    /// The role that is assumed; `None` if the operator acts as itself.
    pub fn role(&self) -> Option<&Role> {
        self.0.as_ref()
    }

    /// That of somebody who assumes a role.
    pub fn of_role(arn: impl Into<String>, namespace: impl Into<String>) -> Self {
        Self(Some(Role {
            arn: arn.into(),
            namespace: namespace.into(),
        }))
    }
}

impl Role {
    /// The name of the session, which `CloudTrail` shows.
    pub fn session(&self) -> String {
        format!("fdp-{}", self.namespace).chars().take(64).collect()
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Some(role) => formatter.write_str(&role.arn),
            None => formatter.write_str("the operator's own role"),
        }
    }
}

#[cfg(test)]
mod tests {
    use fdp_crds::FoodDeliveryPlatform;
    use serde_json::{Value, json};

    use super::*;
    use crate::spec;

    /// What a platform of namespace `food` has at AWS.
    fn aws(settings: &Value) -> Aws {
        let mut cloud = json!({ "region": "eu-central-1" });
        for (part, value) in settings.as_object().unwrap() {
            cloud[part] = value.clone();
        }
        let platform: FoodDeliveryPlatform = serde_json::from_value(json!({
            "apiVersion": "fooddelivery.dev/v1alpha1", "kind": "FoodDeliveryPlatform",
            "metadata": { "name": "shop", "namespace": "food" },
            "spec": { "cloud": { "aws": cloud } },
        }))
        .unwrap();
        spec::aws(&platform).unwrap()
    }

    fn settings(text: &str) -> AwsNamespaces {
        AwsNamespaces::read(text).unwrap()
    }

    #[test]
    fn a_namespace_without_an_entry_gets_nothing_at_aws() {
        let refused = settings("{test: {}}").allow("food", &aws(&json!({ "ecr": {} })));
        assert_eq!(
            refused.unwrap_err().to_string(),
            "the operator's setting --aws-namespaces has no entry for namespace food, so that its platforms get nothing at AWS"
        );
    }

    #[test]
    fn an_empty_entry_allows_everything_as_the_operator() {
        let everything = json!({
            "ecr": {}, "eks": { "version": "1.34", "subnets": ["a", "b"] },
            "codeBuild": { "repository": "https://github.com/a/b.git", "serviceRole": "r" },
        });
        let allowed = settings("food: {}").allow("food", &aws(&everything)).unwrap();
        assert_eq!(allowed.role(), None);
    }

    #[test]
    fn a_service_that_is_not_listed_is_refused_by_its_field() {
        let allowed = settings("food: {services: [ecr]}");
        assert!(allowed.allow("food", &aws(&json!({ "ecr": {} }))).is_ok());
        let eks = aws(&json!({ "ecr": {}, "eks": { "version": "1.34", "subnets": ["a", "b"] } }));
        assert_eq!(
            allowed.allow("food", &eks),
            Err(NotAllowed::Service {
                namespace: "food".to_owned(),
                field: "cloud.aws.eks"
            })
        );
    }

    #[test]
    fn a_name_that_belongs_to_others_is_refused_with_the_prefix_to_use() {
        let allowed = settings("food: {namePrefix: food-}");
        let refused = allowed.allow("food", &aws(&json!({ "ecr": {} }))).unwrap_err();
        assert_eq!(
            refused.to_string(),
            "cloud.aws.ecr.prefix is shop, and has to start with food-: so says the operator's setting --aws-namespaces for \
             namespace food"
        );
        let named = aws(&json!({ "ecr": { "prefix": "food-shop" } }));
        assert!(allowed.allow("food", &named).is_ok());
    }

    #[test]
    fn the_role_of_a_namespace_is_assumed_in_its_name() {
        let allowed = settings("food: {roleArn: 'arn:aws:iam::123456789012:role/food'}");
        let identity = allowed.allow("food", &aws(&json!({ "ecr": {} }))).unwrap();
        let role = identity.role().unwrap();
        assert_eq!(
            (
                role.arn.as_str(),
                role.namespace.as_str(),
                role.session().as_str()
            ),
            ("arn:aws:iam::123456789012:role/food", "food", "fdp-food")
        );
    }

    #[test]
    fn a_word_that_is_not_known_is_refused() {
        for text in ["food: {service: [ecr]}", "food: {services: [s3]}", "[food]"] {
            assert!(AwsNamespaces::read(text).is_err(), "{text}");
        }
    }
}
