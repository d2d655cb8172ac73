//! The kubeconfig of an EKS cluster.

use kube::config::{
    AuthInfo, Cluster, Context, ExecConfig, ExecInteractiveMode, Kubeconfig, NamedAuthInfo, NamedCluster,
    NamedContext,
};

use crate::model::cloud::ClusterAccess;

/// The API version of exec credential plugins:
/// <https://kubernetes.io/docs/reference/config-api/client-authentication.v1/>.
pub const EXEC_API: &str = "client.authentication.k8s.io/v1";

/// A kubeconfig with that cluster, without a user.
pub fn of_cluster(access: &ClusterAccess) -> Kubeconfig {
    let name = &access.name;
    Kubeconfig {
        clusters: vec![NamedCluster {
            name: name.clone(),
            cluster: Some(Cluster {
                server: Some(access.endpoint.clone()),
                certificate_authority_data: Some(access.certificate_authority.clone()),
                ..Cluster::default()
            }),
            ..NamedCluster::default()
        }],
        contexts: vec![NamedContext {
            name: name.clone(),
            context: Some(Context {
                cluster: name.clone(),
                ..Context::default()
            }),
            ..NamedContext::default()
        }],
        current_context: Some(name.clone()),
        kind: Some("Config".to_owned()),
        api_version: Some("v1".to_owned()),
        ..Kubeconfig::default()
    }
}

/// The same kubeconfig with a user: kubectl runs `program` for each token, with the person's own AWS permissions.
pub fn of_person(access: &ClusterAccess, region: &str, namespace: &str, program: &[&str]) -> Kubeconfig {
    let name = &access.name;
    let mut kubeconfig = of_cluster(access);
    let (command, first) = program
        .split_first()
        .map_or(("fdp", &[][..]), |(command, rest)| (*command, rest));
    let arguments = first
        .iter()
        .copied()
        .chain(["eks-token", "--cluster", name, "--region", region]);
    kubeconfig.auth_infos = vec![NamedAuthInfo {
        name: name.clone(),
        auth_info: Some(AuthInfo {
            exec: Some(ExecConfig {
                api_version: Some(EXEC_API.to_owned()),
                command: Some(command.to_owned()),
                args: Some(arguments.map(str::to_owned).collect()),
                interactive_mode: Some(ExecInteractiveMode::Never),
                install_hint: Some("fdp is the program of the food delivery platform's operator".to_owned()),
                ..ExecConfig::default()
            }),
            ..AuthInfo::default()
        }),
        ..NamedAuthInfo::default()
    }];
    for context in kubeconfig
        .contexts
        .iter_mut()
        .filter_map(|context| context.context.as_mut())
    {
        context.user = Some(name.clone());
        context.namespace = Some(namespace.to_owned());
    }
    kubeconfig
}
