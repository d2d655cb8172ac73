//! The settings of `make up` from the environment: `CLUSTER`, `IMAGES`, `API_PORT`, `NODES`, `MESH`.

use crate::failure::{Failure, Result};

/// The port of the gateway in `examples/local.yaml`.
pub const GATEWAY_PORT: u16 = 30080;
/// The port of the operator's status page.
pub const DASHBOARD_PORT: u16 = 30081;

/// The cluster to install the platform in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Where {
    /// A new Kubernetes cluster on this machine.
    Own {
        api_port: u16,
        /// The number of nodes.
        nodes: u8,
        /// Whether Istio is installed, and the platform is part of its mesh.
        istio: bool,
    },
    /// The cluster of the current kubectl context, with images pushed to the given registry prefix, or loaded by kind
    /// if there is none.
    Current {
        /// `registry/prefix`.
        images: Option<String>,
    },
}

/// Reads the settings with `variable`, which returns an environment variable's value.
///
/// # Errors
/// When a value is invalid; the message lists the valid ones.
pub fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Where> {
    let set = |name: &str| variable(name).filter(|value| !value.is_empty());
    match set("CLUSTER").as_deref() {
        None | Some("own") => Ok(Where::Own {
            api_port: number(set("API_PORT"), "API_PORT", 16443)?,
            nodes: number(set("NODES"), "NODES", 1)?,
            istio: is_istio(set("MESH").as_deref())?,
        }),
        Some("current") => Ok(Where::Current {
            images: set("IMAGES"),
        }),
        Some(other) => Err(Failure::Setting(format!(
            "CLUSTER={other} is not known: use CLUSTER=own (or leave it out) for a Kubernetes on this machine, \
             CLUSTER=current for the cluster of the current kubectl context"
        ))),
    }
}

fn is_istio(mesh: Option<&str>) -> Result<bool> {
    match mesh {
        None => Ok(false),
        Some("istio") => Ok(true),
        Some(other) => Err(Failure::Setting(format!(
            "MESH={other} is not known: use MESH=istio, or leave it out for no mesh"
        ))),
    }
}

fn number<T: std::str::FromStr>(value: Option<String>, name: &str, default: T) -> Result<T> {
    value.map_or(Ok(default), |text| {
        text.parse()
            .map_err(|_| Failure::Setting(format!("{name}={text} is not a number in range")))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(pairs: &'static [(&str, &str)]) -> Result<Where> {
        read(|name| {
            pairs
                .iter()
                .find(|(key, _)| *key == name)
                .map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn nothing_set_means_a_kubernetes_of_our_own() {
        assert_eq!(
            given(&[]).unwrap(),
            Where::Own {
                api_port: 16443,
                nodes: 1,
                istio: false,
            }
        );
    }

    #[test]
    fn the_current_context_can_be_used_with_a_registry() {
        let place = given(&[("CLUSTER", "current"), ("IMAGES", "registry.example/shop")]).unwrap();
        assert_eq!(
            place,
            Where::Current {
                images: Some("registry.example/shop".into())
            }
        );
    }

    #[test]
    fn a_value_that_makes_no_sense_is_answered_with_those_that_do() {
        let message = given(&[("CLUSTER", "moon")]).unwrap_err().to_string();
        assert!(message.contains("CLUSTER=current"), "{message}");
        let message = given(&[("MESH", "linkerd")]).unwrap_err().to_string();
        assert!(message.contains("MESH=istio"), "{message}");
        let message = given(&[("NODES", "many")]).unwrap_err().to_string();
        assert!(message.contains("NODES=many"), "{message}");
    }
}
