//! Forwards a request to another server and returns its response.

use http::{
    Response,
    header::{CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING},
    request::Parts,
    uri::PathAndQuery,
};

/// The complete response of the server at `upstream`, such as `http://127.0.0.1:5000`, to a request.
pub async fn forward(
    client: &reqwest::Client,
    upstream: &str,
    request: Parts,
    body: impl Into<reqwest::Body>,
) -> reqwest::Result<Response<Vec<u8>>> {
    let path = request.uri.path_and_query().map_or("/", PathAndQuery::as_str);
    let address = format!("{upstream}{path}");
    let answer = client
        .request(request.method, &address)
        .headers(request.headers)
        .body(body)
        .send()
        .await?;
    let mut response = Response::new(Vec::new());
    *response.status_mut() = answer.status();
    *response.headers_mut() = answer.headers().clone();
    // These headers are about the connection to the other server.
    for name in [CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING] {
        response.headers_mut().remove(name);
    }
    *response.body_mut() = answer.bytes().await?.into();
    Ok(response)
}
