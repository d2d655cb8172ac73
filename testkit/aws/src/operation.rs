//! Finds the operation of a call in each of AWS's three protocols, and builds error responses for them.

use axum::{
    body::Body,
    http::{Method, Response, request::Parts},
};

/// The protocol of a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Protocol {
    /// The operation is in a header, as with ECR.
    Json,
    /// The operation is in the form, as with IAM.
    Query,
    /// The operation is a method and a path, as with EKS.
    Rest,
}

pub(crate) fn of(parts: &Parts, body: &[u8]) -> (Protocol, String) {
    if let Some(target) = parts.headers.get("x-amz-target") {
        let operation = target.to_str().unwrap().rsplit('.').next().unwrap();
        return (Protocol::Json, operation.to_owned());
    }
    let text = String::from_utf8_lossy(body);
    let action = text.split('&').find_map(|field| field.strip_prefix("Action="));
    if let Some(action) = action {
        return (Protocol::Query, action.to_owned());
    }
    let segments: Vec<&str> = parts.uri.path().trim_matches('/').split('/').collect();
    (Protocol::Rest, of_eks(&parts.method, &segments).to_owned())
}

fn of_eks(method: &Method, segments: &[&str]) -> &'static str {
    let get = method == Method::GET;
    match segments {
        ["clusters"] if get => "ListClusters",
        ["clusters"] => "CreateCluster",
        ["clusters", _] if get => "DescribeCluster",
        ["clusters", _] => "DeleteCluster",
        ["clusters", _, "updates"] => "UpdateClusterVersion",
        ["clusters", _, "node-groups"] if get => "ListNodegroups",
        ["clusters", _, "node-groups"] => "CreateNodegroup",
        ["clusters", _, "node-groups", _] if get => "DescribeNodegroup",
        ["clusters", _, "node-groups", _] => "DeleteNodegroup",
        ["clusters", _, "node-groups", _, "update-config"] => "UpdateNodegroupConfig",
        ["clusters", _, "node-groups", _, "update-version"] => "UpdateNodegroupVersion",
        ["clusters", _, "addons"] => "CreateAddon",
        ["clusters", _, "addons", _, "update"] => "UpdateAddon",
        ["clusters", _, "addons", _] => "DescribeAddon",
        _ => "something else",
    }
}

/// An error response with that code.
pub(crate) fn refusal(protocol: Protocol, code: &str, message: &str) -> Response<Body> {
    let response = Response::builder().status(400);
    let (response, body) = match protocol {
        Protocol::Json => (
            response.header("content-type", "application/x-amz-json-1.1"),
            serde_json::json!({ "__type": code, "message": message }).to_string(),
        ),
        Protocol::Query => (
            response.header("content-type", "text/xml"),
            format!(
                "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error></ErrorResponse>"
            ),
        ),
        Protocol::Rest => (
            response
                .header("content-type", "application/json")
                .header("x-amzn-errortype", code),
            serde_json::json!({ "message": message }).to_string(),
        ),
    };
    response.body(Body::from(body)).unwrap()
}
