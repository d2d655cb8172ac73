//! Starts a drill anew and waits for its verdict.

use std::{io::Write, time::Duration};

use fdp_crds::{ResilienceDrill, drill::ResilienceDrillStatus};
use k8s_openapi::jiff::Timestamp;
use kube::{
    Api, Client, ResourceExt as _,
    api::{Patch, PatchParams},
};
use serde_json::{Value, json};

use crate::{
    cli::{
        documents::{name_of, of_kind},
        drill::{
            CliDrillError,
            say::Say,
            text::{exit_code, show},
        },
        paint::Paint,
    },
    connect::{ClusterError, is_not_found},
};

const MANAGER: &str = "fdp-drill";
const POLL_INTERVAL: Duration = Duration::from_millis(500);

/// A run that was started.
#[derive(Clone, Debug)]
pub struct Started {
    pub namespace: String,
    pub name: String,
    /// Its `spec.run`.
    pub token: String,
}

/// The drills of a file.
///
/// # Errors
/// When it holds something else, or nothing.
pub fn parse(text: &str) -> Result<Vec<ResilienceDrill>, CliDrillError> {
    let documents = of_kind::<ResilienceDrill>(text).map_err(CliDrillError::Parse)?;
    if documents.is_empty() {
        return Err(CliDrillError::Empty);
    }
    let drill = |document: Value| {
        let name = name_of(&document);
        serde_json::from_value(document).map_err(|source| CliDrillError::Unreadable { name, source })
    };
    documents.into_iter().map(drill).collect()
}

/// Applies a drill with a new token, so that it runs.
///
/// # Errors
/// When the call fails.
pub async fn apply(client: &Client, mut drill: ResilienceDrill) -> Result<Started, CliDrillError> {
    let started = Started {
        name: drill.name_any(),
        namespace: drill
            .namespace()
            .unwrap_or_else(|| client.default_namespace().to_owned()),
        token: token(),
    };
    drill.status = None;
    drill.metadata.namespace = Some(started.namespace.clone());
    drill.spec.run = Some(started.token.clone());
    let api = Api::<ResilienceDrill>::namespaced(client.clone(), &started.namespace);
    let parameters = PatchParams::apply(MANAGER).force();
    match api.patch(&started.name, &parameters, &Patch::Apply(&drill)).await {
        Ok(_) => Ok(started),
        Err(error) => Err(started.error("apply", &error)),
    }
}

/// Gives a drill that is in the cluster a new token, so that it runs again.
///
/// # Errors
/// When there is none, or the call fails.
pub async fn again(client: &Client, name: &str) -> Result<Started, CliDrillError> {
    let started = Started {
        name: name.to_owned(),
        namespace: client.default_namespace().to_owned(),
        token: token(),
    };
    let api = Api::<ResilienceDrill>::namespaced(client.clone(), &started.namespace);
    let patch = json!({ "spec": { "run": started.token } });
    let parameters = PatchParams {
        field_manager: Some(MANAGER.to_owned()),
        ..PatchParams::default()
    };
    match api.patch(name, &parameters, &Patch::Merge(&patch)).await {
        Ok(_) => Ok(started),
        Err(error) => Err(started.error("start", &error)),
    }
}

/// Says how far a run is, and gives the exit code of its verdict.
///
/// # Errors
/// When a call fails, or there is no verdict in time.
pub async fn wait(
    client: &Client,
    started: &Started,
    limit: Duration,
    paint: Paint,
    say: &Say<'_, impl Write>,
) -> Result<u8, CliDrillError> {
    let Started {
        namespace,
        name,
        token,
    } = started;
    let api = Api::<ResilienceDrill>::namespaced(client.clone(), namespace);
    let begun = tokio::time::Instant::now();
    let mut said = String::new();
    loop {
        let drill = read(&api, namespace, name).await?;
        let status = drill.status.clone().unwrap_or_default();
        let is_ours = status.run.as_ref() == Some(token);
        if let Some(verdict) = status.verdict.filter(|_| is_ours) {
            say.text(&show(&drill, paint))?;
            return Ok(exit_code(verdict));
        }
        let now = if is_ours {
            progress(&status)
        } else {
            "waits for the operator".to_owned()
        };
        if now != said {
            say.line(name, &now)?;
            said = now;
        }
        if begun.elapsed() >= limit {
            return Err(CliDrillError::NoVerdict {
                name: name.clone(),
                seconds: limit.as_secs(),
                phase: said,
            });
        }
        tokio::time::sleep(POLL_INTERVAL).await;
    }
}

/// The drill of that name in the namespace of the client.
///
/// # Errors
/// When there is none, or the call fails.
pub async fn named(client: &Client, name: &str) -> Result<ResilienceDrill, CliDrillError> {
    let namespace = client.default_namespace().to_owned();
    let api = Api::<ResilienceDrill>::namespaced(client.clone(), &namespace);
    read(&api, &namespace, name).await
}

/// The drill of that name.
///
/// # Errors
/// When there is none, or the call fails.
pub async fn read(
    api: &Api<ResilienceDrill>,
    namespace: &str,
    name: &str,
) -> Result<ResilienceDrill, CliDrillError> {
    match api.get_opt(name).await {
        Ok(Some(drill)) => Ok(drill),
        Ok(None) => Err(not_found(namespace, name)),
        Err(error) => {
            Err(ClusterError::new(format!("read ResilienceDrill {namespace}/{name}"), &error).into())
        }
    }
}

fn not_found(namespace: &str, name: &str) -> CliDrillError {
    CliDrillError::NotFound {
        name: name.to_owned(),
        namespace: namespace.to_owned(),
    }
}

fn token() -> String {
    format!("cli-{}", Timestamp::now().as_millisecond())
}

impl Started {
    fn error(&self, doing: &str, error: &kube::Error) -> CliDrillError {
        if is_not_found(error) {
            return not_found(&self.namespace, &self.name);
        }
        let doing = format!("{doing} ResilienceDrill {}/{}", self.namespace, self.name);
        ClusterError::new(doing, error).into()
    }
}

fn progress(status: &ResilienceDrillStatus) -> String {
    let phase = status.phase.map(|phase| format!("{phase:?}")).unwrap_or_default();
    format!("{phase}: {}", status.message.as_deref().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_drills_of_a_file_are_read_and_other_kinds_skipped() {
        let drill = |name: &str| {
            format!(
                "apiVersion: fooddelivery.dev/v1alpha1\nkind: ResilienceDrill\nmetadata: {{name: {name}}}\n\
                 spec: {{platform: shop, fault: {{seconds: 5}}, expect: {{p99Ms: 5}}}}\n"
            )
        };
        let text = format!(
            "{}---\nkind: Namespace\napiVersion: v1\n---\n{}",
            drill("a"),
            drill("b")
        );
        let names = parse(&text)
            .unwrap()
            .iter()
            .map(kube::ResourceExt::name_any)
            .collect::<Vec<String>>();
        assert_eq!(names, ["a", "b"]);
        assert!(matches!(parse("kind: Namespace"), Err(CliDrillError::Empty)));
        let misspelt = drill("a").replace("p99Ms", "p99");
        let error = parse(&misspelt).unwrap_err();
        assert_eq!(error.to_string(), "ResilienceDrill a cannot be read");
        assert!(crate::connect::chain(&error).contains("unknown field `p99`"));
    }
}
